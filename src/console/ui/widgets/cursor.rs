//! Where one is in a list: kept by identity, so that it survives a refresh, and windowed, so that only rows on screen are formatted.

use std::ops::Range;

/// A movement, as the keymap names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// One row up.
    Up,
    /// One row down.
    Down,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// To the first row.
    Top,
    /// To the last row.
    Bottom,
    /// To the left: closes a branch, leaves a detail.
    Left,
    /// To the right: opens a branch, enters a detail.
    Right,
    /// Opens what is under the cursor.
    Open,
    /// Goes back one step.
    Back,
    /// To the next region of the pane.
    NextRegion,
    /// To the previous region of the pane.
    PreviousRegion,
}

/// A cursor in a list of things known by `K`.
#[derive(Clone, Debug)]
pub struct Cursor<K> {
    key: Option<K>,
    index: usize,
    top: usize,
    /// Rows that fitted at the last draw: what a page is.
    height: usize,
}

impl<K> Default for Cursor<K> {
    fn default() -> Self {
        Self {
            key: None,
            index: 0,
            top: 0,
            height: 10,
        }
    }
}

impl<K: Clone + PartialEq> Cursor<K> {
    /// The thing under the cursor, as it was last seen.
    #[must_use]
    pub fn key(&self) -> Option<&K> {
        self.key.as_ref()
    }

    /// The cursor's row.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// Puts the cursor on `key`, now or when it turns up in the list.
    pub fn select(&mut self, key: K) {
        self.key = Some(key);
    }

    /// Takes note of what the list holds now: the cursor stays on its thing; if that is gone, on its row. Returns the thing.
    pub fn keep(&mut self, keys: &[K]) -> Option<&K> {
        let found = self
            .key
            .as_ref()
            .and_then(|key| keys.iter().position(|k| k == key));
        self.index = found.unwrap_or_else(|| self.index.min(keys.len().saturating_sub(1)));
        if let Some(key) = keys.get(self.index) {
            self.key = Some(key.clone());
        }
        // An empty list forgets nothing: it may only be loading.
        keys.get(self.index).and(self.key.as_ref())
    }

    /// Moves among `keys`. Says whether the cursor is elsewhere now; movements that aren't vertical are not for it.
    pub fn go(&mut self, movement: Move, keys: &[K]) -> bool {
        self.keep(keys);
        let last = keys.len().saturating_sub(1);
        let page = self.height.saturating_sub(1).max(1);
        let to = match movement {
            Move::Up => self.index.saturating_sub(1),
            Move::Down => self.index + 1,
            Move::PageUp => self.index.saturating_sub(page),
            Move::PageDown => self.index + page,
            Move::Top => 0,
            Move::Bottom => last,
            _ => return false,
        }
        .min(last);
        let moved = to != self.index;
        self.index = to;
        self.key = keys.get(to).cloned().or_else(|| self.key.take());
        moved
    }

    /// Which of `len` rows to show in `height`, so that the cursor is among them.
    ///
    /// At the edge the window moves by a third of its height, not by a row: a scrolled row changes nearly every cell of the region, so
    /// on a thin line one larger step costs less than many small ones, and more of what comes next is seen.
    pub fn window(&mut self, len: usize, height: u16) -> Range<usize> {
        let height = usize::from(height);
        self.height = height.max(1);
        let step = height / 3;
        let index = self.index.min(len.saturating_sub(1));
        if index < self.top {
            self.top = index.saturating_sub(step);
        } else if index >= self.top + self.height {
            self.top = index + 1 + step - self.height.min(index + 1 + step);
        }
        self.top = self.top.min(len.saturating_sub(height));
        self.top..len.min(self.top + height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_stays_on_its_thing_when_the_list_changes() {
        let mut cursor = Cursor::default();
        cursor.go(Move::Down, &["a", "b", "c"]);
        assert_eq!(cursor.key(), Some(&"b"));
        cursor.keep(&["x", "a", "b", "c"]);
        assert_eq!((cursor.key(), cursor.index()), (Some(&"b"), 2));
        cursor.keep(&["x", "c"]);
        assert_eq!(
            (cursor.key(), cursor.index()),
            (Some(&"c"), 1),
            "its thing is gone"
        );
        assert_eq!(cursor.keep(&[]), None);
        cursor.keep(&["x", "c"]);
        assert_eq!(cursor.key(), Some(&"c"), "an empty moment forgets nothing");
    }

    #[test]
    fn a_thing_can_be_chosen_before_it_is_there() {
        let mut cursor = Cursor::default();
        cursor.select("new");
        cursor.keep(&["a", "new"]);
        assert_eq!(cursor.index(), 1);
    }

    #[test]
    fn movements_stop_at_the_ends() {
        let keys: Vec<usize> = (0..100).collect();
        let mut cursor = Cursor::default();
        cursor.window(100, 10);
        for (movement, index, moved) in [
            (Move::Up, 0, false),
            (Move::Down, 1, true),
            (Move::PageDown, 10, true),
            (Move::Bottom, 99, true),
            (Move::Down, 99, false),
            (Move::PageUp, 90, true),
            (Move::Top, 0, true),
            (Move::Open, 0, false),
        ] {
            assert_eq!(cursor.go(movement, &keys), moved, "{movement:?}");
            assert_eq!(cursor.index(), index, "{movement:?}");
        }
        assert!(!cursor.go(Move::Down, &[]));
    }

    #[test]
    fn the_window_holds_the_cursor_and_moves_in_steps() {
        let keys: Vec<usize> = (0..50).collect();
        let mut cursor = Cursor::default();
        let mut scrolls = 0;
        let mut before = cursor.window(50, 9);
        assert_eq!(before, 0..9);
        for _ in 0..49 {
            cursor.go(Move::Down, &keys);
            let window = cursor.window(50, 9);
            assert!(window.contains(&cursor.index()) && window.len() == 9);
            scrolls += usize::from(window != before);
            before = window;
        }
        assert!(scrolls < 14, "{scrolls}");
        for _ in 0..49 {
            cursor.go(Move::Up, &keys);
            let window = cursor.window(50, 9);
            assert!(window.contains(&cursor.index()) && window.len() == 9);
        }
        assert_eq!(cursor.window(3, 9), 0..3);
        assert_eq!(cursor.window(0, 0), 0..0);
    }
}

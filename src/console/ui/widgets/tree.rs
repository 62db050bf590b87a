//! Which branches of a tree are open.

use std::collections::HashSet;
use std::hash::Hash;

use super::cursor::{Cursor, Move};

/// A node in the order in which it is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch<K> {
    /// What it is known by.
    pub key: K,
    /// How deep it stands, 0 at the root.
    pub depth: usize,
    /// Whether nodes stand below it.
    pub has_children: bool,
}

/// A tree's view state: what is closed, and the cursor among what is visible. New branches are open.
#[derive(Clone, Debug)]
pub struct Tree<K> {
    closed: HashSet<K>,
    /// The cursor among the visible nodes.
    pub cursor: Cursor<K>,
}

impl<K> Default for Tree<K> {
    fn default() -> Self {
        Self {
            closed: HashSet::new(),
            cursor: Cursor::default(),
        }
    }
}

impl<K: Clone + Eq + Hash> Tree<K> {
    /// Whether a branch is open.
    #[must_use]
    pub fn is_open(&self, key: &K) -> bool {
        !self.closed.contains(key)
    }

    /// Opens or closes a branch.
    pub fn toggle(&mut self, key: &K) {
        if !self.closed.remove(key) {
            self.closed.insert(key.clone());
        }
    }

    /// Closes all branches below the first level.
    pub fn close_all(&mut self, nodes: &[Branch<K>]) {
        let inner = nodes.iter().filter(|n| n.has_children && n.depth > 0);
        self.closed = inner.map(|n| n.key.clone()).collect();
    }

    /// Opens all branches.
    pub fn open_all(&mut self) {
        self.closed.clear();
    }

    /// The indexes of the nodes that aren't below a closed one.
    #[must_use]
    pub fn visible(&self, nodes: &[Branch<K>]) -> Vec<usize> {
        let mut below = None;
        let mut visible = Vec::with_capacity(nodes.len());
        for (index, node) in nodes.iter().enumerate() {
            if below.is_some_and(|depth| node.depth > depth) {
                continue;
            }
            below = (node.has_children && !self.is_open(&node.key)).then_some(node.depth);
            visible.push(index);
        }
        visible
    }

    /// Moves: left closes the branch or goes to its parent, right opens it or goes to its first child. Says whether anything changed.
    pub fn go(&mut self, movement: Move, nodes: &[Branch<K>]) -> bool {
        let visible = self.visible(nodes);
        let keys: Vec<K> = visible.iter().map(|i| nodes[*i].key.clone()).collect();
        self.cursor.keep(&keys);
        let Some(here) = visible.get(self.cursor.index()).and_then(|i| nodes.get(*i)) else {
            return false;
        };
        match movement {
            Move::Left if here.has_children && self.is_open(&here.key) => {
                self.closed.insert(here.key.clone());
                true
            }
            Move::Left => {
                let parent = visible[..self.cursor.index()]
                    .iter()
                    .rev()
                    .find(|i| nodes[**i].depth < here.depth);
                if let Some(parent) = parent {
                    self.cursor.select(nodes[*parent].key.clone());
                    self.cursor.keep(&keys);
                }
                parent.is_some()
            }
            Move::Right if here.has_children && !self.is_open(&here.key) => {
                self.closed.remove(&here.key);
                true
            }
            Move::Right if here.has_children => self.cursor.go(Move::Down, &keys),
            other => self.cursor.go(other, &keys),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes() -> Vec<Branch<&'static str>> {
        [
            ("/", 0, true),
            ("/pets", 1, true),
            ("/pets/id", 2, false),
            ("/orders", 1, false),
        ]
        .map(|(key, depth, has_children)| Branch {
            key,
            depth,
            has_children,
        })
        .to_vec()
    }

    #[test]
    fn closed_branches_hide_what_is_below() {
        let mut tree = Tree::default();
        let nodes = nodes();
        assert_eq!(tree.visible(&nodes), [0, 1, 2, 3]);
        tree.toggle(&"/pets");
        assert_eq!(tree.visible(&nodes), [0, 1, 3]);
        tree.toggle(&"/");
        assert_eq!(tree.visible(&nodes), [0]);
        tree.open_all();
        tree.close_all(&nodes);
        assert_eq!(tree.visible(&nodes), [0, 1, 3]);
    }

    #[test]
    fn left_and_right_close_open_and_move() {
        let mut tree = Tree::default();
        let nodes = nodes();
        for (movement, key, visible) in [
            (Move::Down, "/pets", 4),
            (Move::Right, "/pets/id", 4),
            (Move::Right, "/pets/id", 4),
            (Move::Left, "/pets", 4),
            (Move::Left, "/pets", 3),
            (Move::Right, "/pets", 4),
            (Move::Left, "/pets", 3),
            (Move::Left, "/", 3),
            (Move::Left, "/", 1),
            (Move::Left, "/", 1),
        ] {
            tree.go(movement, &nodes);
            let at = (tree.cursor.key().copied(), tree.visible(&nodes).len());
            assert_eq!(at, (Some(key), visible), "{movement:?}");
        }
        assert!(!tree.go(Move::Down, &[]));
    }
}

//! One frame, one write.

use std::io::{self, Write};

use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};

/// What crossterm's backend appends to every draw: colours and attributes back to normal, one by one (with or without underline colour).
const RESET_TAILS: [&[u8]; 2] = [
    b"\x1b[39m\x1b[49m\x1b[59m\x1b[0m",
    b"\x1b[39m\x1b[49m\x1b[0m",
];
/// The same in one sequence: attribute 0 resets colours too.
const RESET: &[u8] = b"\x1b[0m";
const SYNC_ON: &[u8] = b"\x1b[?2026h";
const SYNC_OFF: &[u8] = b"\x1b[?2026l";
const SHOW_CURSOR: &[u8] = b"\x1b[?25h";
const HIDE_CURSOR: &[u8] = b"\x1b[?25l";

/// A ratatui backend that collects a frame and writes it at once.
///
/// * A frame that changes nothing writes nothing: ratatui alone would send 25 bytes to reset colours and hide the cursor again.
/// * A frame is one `write`: Rust's own standard output would cut 8 KiB into nine.
/// * It is bracketed by mode 2026 only after [`use_sync`](Self::use_sync): terminals that don't know it show the bytes.
/// * It never asks the terminal anything: its size is told by [`set_size`](Self::set_size).
#[derive(Debug)]
pub struct FrameWriter<W: Write> {
    out: W,
    body: Vec<u8>,
    size: Size,
    sync: bool,
    cursor_wanted: Option<Position>,
    /// Where the terminal's cursor is shown; `None` while hidden. The guard hides it on entering.
    cursor_shown: Option<Position>,
    written: u64,
    frames: u64,
}

impl<W: Write> FrameWriter<W> {
    /// A writer to `out`, whose terminal has `columns` and `rows` and a hidden cursor.
    pub fn new(out: W, columns: u16, rows: u16) -> Self {
        Self {
            out,
            body: Vec::with_capacity(16 * 1024),
            size: Size::new(columns, rows),
            sync: false,
            cursor_wanted: None,
            cursor_shown: None,
            written: 0,
            frames: 0,
        }
    }

    /// The terminal has this size from now on.
    pub fn set_size(&mut self, columns: u16, rows: u16) {
        self.size = Size::new(columns, rows);
    }

    /// Brackets frames by mode 2026 from now on.
    pub fn use_sync(&mut self, on: bool) {
        self.sync = on;
    }

    /// The terminal was given away and taken back: its cursor is hidden again, whatever we thought.
    pub fn reentered(&mut self) {
        self.cursor_shown = None;
    }

    /// All bytes written so far.
    pub fn bytes_written(&self) -> u64 {
        self.written
    }

    /// All frames written so far, without those that changed nothing.
    pub fn frames_written(&self) -> u64 {
        self.frames
    }

    /// Writes bytes that belong to no frame: a query, a clipboard.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)?;
        self.written += bytes.len() as u64;
        self.out.flush()
    }
}

impl<W: Write> Backend for FrameWriter<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut content = content.peekable();
        if content.peek().is_none() {
            return Ok(());
        }
        CrosstermBackend::new(&mut self.body).draw(content)?;
        if let Some(tail) = RESET_TAILS.iter().find(|tail| self.body.ends_with(tail)) {
            self.body.truncate(self.body.len() - tail.len());
            self.body.extend_from_slice(RESET);
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.cursor_wanted = None;
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        // Always followed by a position.
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        // Asked before a clear, to put the cursor back: every frame places it anyway.
        Ok(self.cursor_shown.unwrap_or_default())
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.cursor_wanted = Some(position.into());
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        CrosstermBackend::new(&mut self.body).clear_region(clear_type)
    }

    fn size(&self) -> io::Result<Size> {
        Ok(self.size)
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize {
            columns_rows: self.size,
            pixels: Size::ZERO,
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        let changed = !self.body.is_empty();
        if changed || self.cursor_wanted != self.cursor_shown {
            match self.cursor_wanted {
                Some(at) => {
                    // The cells moved it, so it is placed again after every change.
                    write!(self.body, "\x1b[{};{}H", at.y + 1, at.x + 1)?;
                    if self.cursor_shown.is_none() {
                        self.body.extend_from_slice(SHOW_CURSOR);
                    }
                }
                None if self.cursor_shown.is_some() => self.body.extend_from_slice(HIDE_CURSOR),
                None => {}
            }
            self.cursor_shown = self.cursor_wanted;
        }
        if self.body.is_empty() {
            return Ok(());
        }
        if self.sync {
            self.body.splice(0..0, SYNC_ON.iter().copied());
            self.body.extend_from_slice(SYNC_OFF);
        }
        let result = self
            .out
            .write_all(&self.body)
            .and_then(|()| self.out.flush());
        self.written += self.body.len() as u64;
        self.frames += 1;
        self.body.clear();
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::Terminal;
    use ratatui::style::{Modifier, Style};
    use std::sync::{Arc, Mutex};

    /// Keeps each write apart.
    #[derive(Clone, Default)]
    struct Writes(Arc<Mutex<Vec<Vec<u8>>>>);

    impl Write for Writes {
        fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().push(buf.to_vec());
            Ok(buf.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Writes {
        fn take(&self) -> Vec<String> {
            let mut writes = self.0.lock().unwrap();
            std::mem::take(&mut *writes)
                .into_iter()
                .map(|w| w.escape_ascii().to_string())
                .collect()
        }
    }

    fn terminal(columns: u16, rows: u16) -> (Terminal<FrameWriter<Writes>>, Writes) {
        let writes = Writes::default();
        let backend = FrameWriter::new(writes.clone(), columns, rows);
        (Terminal::new(backend).unwrap(), writes)
    }

    #[test]
    fn a_frame_is_one_write_and_an_unchanged_one_is_none() {
        let (mut terminal, writes) = terminal(120, 40);
        let full = "x".repeat(120);
        for expected in [1, 0, 0] {
            terminal
                .draw(|frame| {
                    for y in 0..40 {
                        frame.buffer_mut().set_string(0, y, &full, Style::new());
                    }
                })
                .unwrap();
            assert_eq!(writes.take().len(), expected);
        }
        assert_eq!(terminal.backend().frames_written(), 1);
        assert!(terminal.backend().bytes_written() > 4_800);
    }

    #[test]
    fn a_change_costs_its_cells_and_a_short_reset() {
        let (mut terminal, writes) = terminal(20, 2);
        terminal.draw(|_| {}).unwrap();
        assert!(writes.take().is_empty());
        terminal
            .draw(|frame| {
                let bold = Style::new().add_modifier(Modifier::BOLD);
                frame.buffer_mut().set_string(2, 1, "ab", bold);
            })
            .unwrap();
        assert_eq!(writes.take(), [r"\x1b[2;3H\x1b[1mab\x1b[0m"]);
    }

    #[test]
    fn the_cursor_is_sent_when_it_changes() {
        let (mut terminal, writes) = terminal(20, 2);
        for (at, expected) in [
            (Some((3, 1)), vec![r"\x1b[2;4H\x1b[?25h"]),
            (Some((3, 1)), vec![]),
            (Some((4, 1)), vec![r"\x1b[2;5H"]),
            (None, vec![r"\x1b[?25l"]),
            (None, vec![]),
        ] {
            terminal
                .draw(|frame| {
                    if let Some(at) = at {
                        frame.set_cursor_position(at);
                    }
                })
                .unwrap();
            assert_eq!(writes.take(), expected);
        }
    }

    #[test]
    fn sync_brackets_only_frames_that_say_something() {
        let (mut terminal, writes) = terminal(20, 2);
        terminal.backend_mut().use_sync(true);
        terminal.draw(|_| {}).unwrap();
        assert!(writes.take().is_empty());
        terminal
            .draw(|frame| frame.buffer_mut().set_string(0, 0, "a", Style::new()))
            .unwrap();
        let writes = writes.take();
        assert_eq!(writes.len(), 1);
        assert!(writes[0].starts_with(r"\x1b[?2026h") && writes[0].ends_with(r"\x1b[?2026l"));
    }

    #[test]
    fn a_new_size_is_cleared_and_drawn_whole_in_one_write() {
        let (mut terminal, writes) = terminal(20, 2);
        let draw = |frame: &mut ratatui::Frame<'_>| {
            frame.buffer_mut().set_string(0, 0, "a", Style::new());
        };
        terminal.draw(draw).unwrap();
        writes.take();
        terminal.backend_mut().set_size(10, 2);
        terminal.draw(draw).unwrap();
        let writes = writes.take();
        assert_eq!(writes.len(), 1);
        assert!(writes[0].starts_with(r"\x1b[2J"), "{writes:?}");
    }
}

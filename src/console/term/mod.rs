//! The terminal: taking it and giving it back, keys in, frames out. The only place that writes to it.

mod caps;
mod clipboard;
mod frame;
mod guard;
mod input;
mod key;
mod pacer;
mod parse;

pub use caps::{Caps, Colours};
pub use clipboard::{TooLong, osc52};
pub use frame::FrameWriter;
pub use guard::{Guard, NoTerminal, Tty, restore, restore_on_panic};
pub use input::{Event, InputThread, Leaver, Leaving, stop_process, watch_signals};
pub use key::{BadKey, Code, Key};
pub use pacer::Pacer;
pub use parse::{Input, Mouse, MouseKind, Parser};

/// Asks whether the terminal knows mode 2026 (synchronised frames); the answer comes as [`Input::Mode`], or never.
pub const ASK_SYNC: &[u8] = b"\x1b[?2026$p";

//! What the terminal can do, told by its environment: nothing here asks the terminal, so nothing here waits.

/// How many colours to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Colours {
    /// None: `NO_COLOR` is set, or the terminal has none.
    None,
    /// The terminal's own sixteen.
    Sixteen,
    /// The 256 of xterm.
    TwoHundred,
    /// 24 bits.
    True,
}

/// The terminal's abilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// How many colours.
    pub colours: Colours,
    /// Signs beyond ASCII can be shown.
    pub unicode: bool,
    /// The session comes over SSH: the line is taken to be thin, and the clipboard to be elsewhere.
    pub over_ssh: bool,
    /// The program runs inside tmux, which needs a wrapper around what is meant for the outer terminal.
    pub in_tmux: bool,
}

impl Caps {
    /// Reads the abilities from environment variables through `var`; `ascii` (the `--ascii` flag) turns signs off.
    pub fn detect(var: impl Fn(&str) -> Option<String>, ascii: bool) -> Self {
        let set = |name: &str| var(name).is_some_and(|value| !value.is_empty());
        let term = var("TERM").unwrap_or_default();
        let colours = if set("NO_COLOR") || term == "dumb" || term.starts_with("vt1") {
            Colours::None
        } else if var("COLORTERM").is_some_and(|v| v == "truecolor" || v == "24bit")
            || term.ends_with("-direct")
        {
            Colours::True
        } else if term.contains("256color") {
            Colours::TwoHundred
        } else {
            Colours::Sixteen
        };
        // The first of these that is set decides, as setlocale(3) has it.
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .into_iter()
            .find_map(|name| var(name).filter(|value| !value.is_empty()))
            .unwrap_or_default()
            .to_ascii_lowercase();
        let utf8 = locale.contains("utf-8") || locale.contains("utf8");
        // The Linux console's font has few of our signs.
        let unicode = !ascii && utf8 && term != "linux";
        Self {
            colours,
            unicode,
            over_ssh: set("SSH_CONNECTION") || set("SSH_TTY"),
            in_tmux: set("TMUX"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caps(vars: &[(&str, &str)]) -> Caps {
        Caps::detect(
            |name| {
                vars.iter()
                    .find(|(n, _)| *n == name)
                    .map(|(_, v)| (*v).to_owned())
            },
            false,
        )
    }

    #[test]
    fn colours_follow_the_environment() {
        let table: &[(&[(&str, &str)], Colours)] = &[
            (&[("TERM", "xterm")], Colours::Sixteen),
            (&[("TERM", "xterm-256color")], Colours::TwoHundred),
            (
                &[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")],
                Colours::True,
            ),
            (
                &[("TERM", "xterm-256color"), ("NO_COLOR", "1")],
                Colours::None,
            ),
            (&[("TERM", "xterm"), ("NO_COLOR", "")], Colours::Sixteen),
            (&[("TERM", "dumb")], Colours::None),
            (&[("TERM", "vt100")], Colours::None),
        ];
        for (vars, colours) in table {
            assert_eq!(caps(vars).colours, *colours, "{vars:?}");
        }
    }

    #[test]
    fn signs_need_a_utf8_locale() {
        assert!(caps(&[("LANG", "en_GB.UTF-8")]).unicode);
        assert!(caps(&[("LANG", "C"), ("LC_ALL", "C.utf8")]).unicode);
        assert!(!caps(&[("LANG", "en_GB.UTF-8"), ("LC_ALL", "C")]).unicode);
        assert!(!caps(&[]).unicode);
        assert!(!caps(&[("LANG", "C.UTF-8"), ("TERM", "linux")]).unicode);
        assert!(!Caps::detect(|_| Some("C.UTF-8".into()), true).unicode);
    }
}

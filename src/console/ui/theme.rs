//! Themes: meanings to styles. No colour is named anywhere else.

use std::collections::BTreeMap;
use std::ops::Index;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;

use crate::console::term::Colours;

macro_rules! meanings {
    ($($(#[$doc:meta])* $name:ident = $text:literal),+ $(,)?) => {
        /// What a piece of the screen means; a theme says how that looks.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Meaning {
            $($(#[$doc])* $name),+
        }

        impl Meaning {
            /// All meanings, in the order of the default theme.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The name in a theme's file.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }
        }
    };
}

meanings! {
    /// Ordinary text.
    Text = "text",
    /// Ids, hints, what matters less.
    Dim = "dim",
    /// The title of the region that has the focus, the name of what is shown.
    Title = "title",
    /// The heading of a block.
    Heading = "heading",
    /// Rules between regions and blocks.
    Rule = "rule",
    /// The row under the cursor, where the keys go.
    Cursor = "cursor",
    /// The selected row of a region without the focus; the current tab.
    Mark = "mark",
    /// A key to press.
    Key = "key",
    /// Live, in step, done.
    Good = "good",
    /// Needs attention.
    Warn = "warn",
    /// Failed.
    Bad = "bad",
    /// Production, or a deed that can't be undone.
    Danger = "danger",
    /// Differs from what is deployed or saved.
    Changed = "changed",
    /// A URL or another thing to copy.
    Link = "link",
    /// A field to type in.
    Input = "input",
    /// The characters that a filter or search found.
    Match = "match",
    /// Selected text.
    Select = "select",
    /// A chart's first series; the base side.
    Chart = "chart",
    /// A chart's second series; the canary side.
    ChartOther = "chart-other",
    /// A directive of a template, a literal of JSON.
    Keyword = "keyword",
    /// A reference of a template, a member name of JSON.
    Reference = "reference",
    /// A string.
    String = "string",
    /// A number.
    Number = "number",
    /// A comment.
    Comment = "comment",
    /// The place of a problem in a text.
    Problem = "problem",
}

/// Why a theme can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ThemeError {
    /// No theme of this name is built in or in the user's folder.
    #[error("there is no theme `{name}`: choose one of {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// The file isn't TOML, or has members a theme hasn't.
    #[error("theme `{name}`: {message}")]
    Syntax {
        /// The theme's name.
        name: String,
        /// What the parser says.
        message: String,
    },
    /// A meaning that doesn't exist.
    #[error("theme `{theme}`: `{meaning}` isn't a meaning: use one of {known}")]
    Meaning {
        /// The theme's name.
        theme: String,
        /// The unknown name.
        meaning: String,
        /// All names.
        known: String,
    },
    /// A style that can't be read.
    #[error(
        "theme `{theme}`: {meaning} = \"{style}\": `{word}` is neither a colour (red, bright-black, 0 to 255, #rrggbb) nor bold, dim, italic, underlined, reversed or crossed-out"
    )]
    Style {
        /// The theme's name.
        theme: String,
        /// Whose style it is.
        meaning: String,
        /// The whole style.
        style: String,
        /// The word that isn't understood.
        word: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    #[serde(default)]
    about: String,
    inherits: Option<String>,
    #[serde(default)]
    styles: BTreeMap<String, String>,
}

const BUILT_IN: [(&str, &str); 3] = [
    ("default", include_str!("../../../themes/default.toml")),
    (
        "monochrome",
        include_str!("../../../themes/monochrome.toml"),
    ),
    ("dark", include_str!("../../../themes/dark.toml")),
];

/// The styles of all meanings, computed once.
#[derive(Clone, Debug, PartialEq)]
pub struct Theme {
    name: String,
    about: String,
    styles: Vec<Style>,
}

impl Index<Meaning> for Theme {
    type Output = Style;

    fn index(&self, meaning: Meaning) -> &Style {
        &self.styles[meaning as usize]
    }
}

impl Theme {
    /// The names and descriptions of the themes that come with the program.
    #[must_use]
    pub fn built_in() -> Vec<(&'static str, &'static str)> {
        BUILT_IN.to_vec()
    }

    /// The theme of this name, for a terminal with these colours. `user` gives the text of a file in the user's folder, which wins over
    /// a built-in theme of the same name.
    pub fn load(
        name: &str,
        colours: Colours,
        user: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, ThemeError> {
        let mut theme = Self::read(name, user, 0)?;
        for style in &mut theme.styles {
            *style = Style {
                fg: style.fg.and_then(|colour| reduce(colour, colours)),
                bg: style.bg.and_then(|colour| reduce(colour, colours)),
                ..*style
            };
        }
        Ok(theme)
    }

    /// The theme to start with when the user names none: monochrome without colours, so that what had only a colour has a weight.
    #[must_use]
    pub fn name_for(colours: Colours) -> &'static str {
        if colours == Colours::None {
            "monochrome"
        } else {
            "default"
        }
    }

    /// A theme that gives each meaning a look of its own, so that tests can tell them apart.
    #[cfg(test)]
    pub(crate) fn for_tests() -> Self {
        let styles = Meaning::ALL
            .iter()
            .map(|m| match m {
                Meaning::Text => Style::new(),
                other => Style::new().fg(Color::Indexed(*other as u8)),
            })
            .collect();
        Self {
            name: "tests".to_owned(),
            about: String::new(),
            styles,
        }
    }

    /// What the theme calls itself.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// One line about it.
    #[must_use]
    pub fn about(&self) -> &str {
        &self.about
    }

    fn read(
        name: &str,
        user: &dyn Fn(&str) -> Option<String>,
        depth: u8,
    ) -> Result<Self, ThemeError> {
        let built_in = || {
            BUILT_IN
                .iter()
                .find(|(n, _)| *n == name)
                .map(|(_, text)| (*text).to_owned())
        };
        // A user's theme that inherits from the built-in one of its own name means the built-in one.
        let text = (depth == 0).then(|| user(name)).flatten();
        let text = text
            .or_else(built_in)
            .or_else(|| if depth > 0 { user(name) } else { None });
        let unknown = || ThemeError::Unknown {
            name: name.to_owned(),
            known: BUILT_IN.map(|(n, _)| n).join(", "),
        };
        let text = text.filter(|_| depth < 8).ok_or_else(unknown)?;
        let file: File = toml::from_str(&text).map_err(|error| ThemeError::Syntax {
            name: name.to_owned(),
            message: error.message().to_owned(),
        })?;
        let mut styles = match (&file.inherits, name) {
            (Some(parent), _) => Self::read(parent, user, depth + 1)?.styles,
            (None, "default") if depth > 0 => vec![Style::new(); Meaning::ALL.len()],
            (None, _) if BUILT_IN.iter().any(|(n, _)| *n == name) => {
                vec![Style::new(); Meaning::ALL.len()]
            }
            (None, _) => Self::read("default", &|_| None, depth + 1)?.styles,
        };
        for (key, value) in &file.styles {
            let meaning = Meaning::ALL
                .iter()
                .find(|m| m.name() == key)
                .ok_or_else(|| ThemeError::Meaning {
                    theme: file.name.clone(),
                    meaning: key.clone(),
                    known: Meaning::ALL
                        .iter()
                        .map(|m| m.name())
                        .collect::<Vec<_>>()
                        .join(", "),
                })?;
            styles[*meaning as usize] = style(value).map_err(|word| ThemeError::Style {
                theme: file.name.clone(),
                meaning: key.clone(),
                style: value.clone(),
                word,
            })?;
        }
        Ok(Self {
            name: file.name,
            about: file.about,
            styles,
        })
    }
}

/// Reads `bold white on red`; the error is the word that isn't understood.
fn style(text: &str) -> Result<Style, String> {
    let mut style = Style::new();
    let mut background = false;
    for word in text.split_whitespace() {
        let modifier = match word {
            "on" => {
                background = true;
                continue;
            }
            "bold" => Some(Modifier::BOLD),
            "dim" => Some(Modifier::DIM),
            "italic" => Some(Modifier::ITALIC),
            "underlined" => Some(Modifier::UNDERLINED),
            "reversed" => Some(Modifier::REVERSED),
            "crossed-out" => Some(Modifier::CROSSED_OUT),
            _ => None,
        };
        if let Some(modifier) = modifier {
            style = style.add_modifier(modifier);
        } else {
            let colour = colour(word).ok_or_else(|| word.to_owned())?;
            style = if std::mem::take(&mut background) {
                style.bg(colour)
            } else {
                style.fg(colour)
            };
        }
    }
    Ok(style)
}

/// The sixteen, in their ANSI order, with the values xterm gives them (used to find the nearest).
const SIXTEEN: [(&str, Color, [u8; 3]); 16] = [
    ("black", Color::Black, [0, 0, 0]),
    ("red", Color::Red, [205, 0, 0]),
    ("green", Color::Green, [0, 205, 0]),
    ("yellow", Color::Yellow, [205, 205, 0]),
    ("blue", Color::Blue, [0, 0, 238]),
    ("magenta", Color::Magenta, [205, 0, 205]),
    ("cyan", Color::Cyan, [0, 205, 205]),
    ("white", Color::Gray, [229, 229, 229]),
    ("bright-black", Color::DarkGray, [127, 127, 127]),
    ("bright-red", Color::LightRed, [255, 0, 0]),
    ("bright-green", Color::LightGreen, [0, 255, 0]),
    ("bright-yellow", Color::LightYellow, [255, 255, 0]),
    ("bright-blue", Color::LightBlue, [92, 92, 255]),
    ("bright-magenta", Color::LightMagenta, [255, 0, 255]),
    ("bright-cyan", Color::LightCyan, [0, 255, 255]),
    ("bright-white", Color::White, [255, 255, 255]),
];

fn colour(word: &str) -> Option<Color> {
    if let Some((_, colour, _)) = SIXTEEN.iter().find(|(name, ..)| *name == word) {
        return Some(*colour);
    }
    if let Some(hex) = word.strip_prefix('#') {
        let value = u32::from_str_radix(hex, 16)
            .ok()
            .filter(|_| hex.len() == 6)?;
        let [_, r, g, b] = value.to_be_bytes();
        return Some(Color::Rgb(r, g, b));
    }
    word.parse().ok().map(Color::Indexed)
}

fn distance(a: [u8; 3], b: [u8; 3]) -> u32 {
    a.iter()
        .zip(b)
        .map(|(a, b)| u32::from(a.abs_diff(b)).pow(2))
        .sum()
}

/// Brings a colour down to what the terminal has.
fn reduce(colour: Color, to: Colours) -> Option<Color> {
    // The 6x6x6 cube of the 256 colours.
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let nearest_step = |v: u8| {
        (0..6u8)
            .min_by_key(|i| STEPS[usize::from(*i)].abs_diff(v))
            .unwrap_or(0)
    };
    match (colour, to) {
        (_, Colours::None) => None,
        (Color::Rgb(r, g, b), Colours::TwoHundred) => {
            let index = 16 + 36 * nearest_step(r) + 6 * nearest_step(g) + nearest_step(b);
            Some(Color::Indexed(index))
        }
        (Color::Rgb(r, g, b), Colours::Sixteen) => SIXTEEN
            .iter()
            .min_by_key(|(_, _, value)| distance([r, g, b], *value))
            .map(|(_, colour, _)| *colour),
        (Color::Indexed(i), Colours::Sixteen) => match i {
            0..=15 => SIXTEEN.get(usize::from(i)).map(|(_, colour, _)| *colour),
            16..=231 => {
                let i = i - 16;
                let [r, g, b] = [i / 36, i / 6 % 6, i % 6].map(|n| STEPS[usize::from(n)]);
                reduce(Color::Rgb(r, g, b), to)
            }
            grey => {
                let v = 8 + 10 * (grey - 232);
                reduce(Color::Rgb(v, v, v), to)
            }
        },
        (colour, _) => Some(colour),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn none(_: &str) -> Option<String> {
        None
    }

    #[test]
    fn every_built_in_theme_reads_and_the_default_names_every_meaning() {
        for (name, _) in Theme::built_in() {
            let theme = Theme::load(name, Colours::True, &none).unwrap();
            assert_eq!(theme.name(), name);
            assert!(!theme.about().is_empty());
        }
        for name in ["default", "monochrome"] {
            let text = BUILT_IN.iter().find(|(n, _)| *n == name).unwrap().1;
            for meaning in Meaning::ALL {
                assert!(
                    text.contains(&format!("\n{} =", meaning.name())),
                    "{name}: {meaning:?}"
                );
            }
        }
    }

    #[test]
    fn the_default_theme_keeps_to_the_sixteen_and_gives_no_background_but_to_danger() {
        let theme = Theme::load("default", Colours::True, &none).unwrap();
        for meaning in Meaning::ALL {
            let style = theme[*meaning];
            for colour in [style.fg, style.bg].into_iter().flatten() {
                assert!(SIXTEEN.iter().any(|(_, c, _)| *c == colour), "{meaning:?}");
            }
            assert!(
                style.bg.is_none() || *meaning == Meaning::Danger,
                "{meaning:?}"
            );
        }
    }

    #[test]
    fn without_colours_only_weight_is_left() {
        for (name, _) in Theme::built_in() {
            let theme = Theme::load(name, Colours::None, &none).unwrap();
            for meaning in Meaning::ALL {
                assert_eq!((theme[*meaning].fg, theme[*meaning].bg), (None, None));
            }
        }
        assert_eq!(Theme::name_for(Colours::None), "monochrome");
    }

    #[test]
    fn colours_come_down_to_what_the_terminal_has() {
        let red = Color::Rgb(210, 10, 10);
        assert_eq!(reduce(red, Colours::True), Some(red));
        assert_eq!(
            reduce(red, Colours::TwoHundred),
            Some(Color::Indexed(16 + 36 * 4))
        );
        assert_eq!(reduce(red, Colours::Sixteen), Some(Color::Red));
        assert_eq!(
            reduce(Color::Indexed(196), Colours::Sixteen),
            Some(Color::LightRed)
        );
        assert_eq!(
            reduce(Color::Indexed(3), Colours::Sixteen),
            Some(Color::Yellow)
        );
    }

    #[test]
    fn the_users_theme_wins_and_inherits() {
        let user = |name: &str| {
            (name == "default").then(|| {
                "name = \"mine\"\ninherits = \"default\"\n[styles]\ngood = \"bold blue\"\n"
                    .to_owned()
            })
        };
        let theme = Theme::load("default", Colours::True, &user).unwrap();
        assert_eq!(theme.name(), "mine");
        let bold_blue = Style::new().fg(Color::Blue).add_modifier(Modifier::BOLD);
        assert_eq!(theme[Meaning::Good], bold_blue);
        assert_eq!(theme[Meaning::Bad], Style::new().fg(Color::Red));
    }

    #[test]
    fn a_bad_theme_says_what_is_wrong() {
        let load = |text: &str| {
            let text = text.to_owned();
            Theme::load("x", Colours::True, &move |n| {
                (n == "x").then(|| text.clone())
            })
            .unwrap_err()
            .to_string()
        };
        assert!(load("name = \"x\"\n[styles]\ngod = \"red\"\n").contains("`god` isn't a meaning"));
        assert!(load("name = \"x\"\n[styles]\ngood = \"rad\"\n").contains("`rad` is neither"));
        assert!(load("nam = 1").contains("unknown field"));
        assert!(load("name = \"x\"\ninherits = \"x\"\n").contains("no theme"));
        let unknown = Theme::load("nope", Colours::True, &none).unwrap_err();
        assert!(unknown.to_string().contains("default, monochrome, dark"));
    }
}

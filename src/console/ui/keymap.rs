//! Actions have names; keys are a table from context and key to action.
//!
//! The table is built from the actions that panes and layers declare, with the user's keys in place of the default ones. Footer, help,
//! palette, dispatch and `sluice keys` all read it; there is no second list.

use std::collections::BTreeMap;

use crate::console::term::{BadKey, Key};

/// Something the user can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Action {
    /// Its context and name: `stages.deploy`. This is what a user's key table names.
    pub name: &'static str,
    /// The default keys, each a sequence of one or more written keys: `D`, `ctrl-s`, `g g`.
    pub keys: &'static [&'static str],
    /// One or two words for the footer.
    pub words: &'static str,
    /// A line for help and palette: what happens, and to what.
    pub about: &'static str,
}

impl Action {
    /// An action.
    #[must_use]
    pub const fn new(
        name: &'static str,
        keys: &'static [&'static str],
        words: &'static str,
        about: &'static str,
    ) -> Self {
        Self {
            name,
            keys,
            words,
            about,
        }
    }
}

/// The actions of one context, which is a pane, a layer, or something shared such as moving about.
#[derive(Clone, Copy, Debug)]
pub struct Context {
    /// The name, which begins the names of its actions.
    pub name: &'static str,
    /// What the user calls it.
    pub title: &'static str,
    /// What can be done in it, what matters most first: the footer shows as many as fit.
    pub actions: &'static [Action],
}

/// Why a key table can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeymapError {
    /// No action has this name.
    #[error("there is no action `{0}`: `sluice keys` lists them")]
    NoAction(String),
    /// A key can't be read.
    #[error("keys of `{action}`: {error}")]
    BadKey {
        /// Whose keys.
        action: String,
        /// What is wrong with them.
        error: BadKey,
    },
    /// Two actions of a context want the same keys, or one's keys begin the other's.
    #[error("`{keys}` means both `{first}` and `{second}`: give one of them other keys")]
    Clash {
        /// The keys.
        keys: String,
        /// The action that has them.
        first: &'static str,
        /// The action that wants them too.
        second: &'static str,
    },
}

#[derive(Debug)]
struct Binding {
    keys: Vec<Key>,
    action: &'static Action,
}

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hit {
    /// This.
    Action(&'static Action),
    /// It begins a sequence: more keys follow.
    Prefix,
    /// Nothing.
    Nothing,
}

/// The key table.
#[derive(Debug)]
pub struct Keymap {
    contexts: Vec<(Context, Vec<Binding>)>,
}

impl Keymap {
    /// The table of these contexts, with the user's keys for single actions (by name) in place of the default ones.
    pub fn new(
        contexts: &[Context],
        user: &BTreeMap<String, Vec<String>>,
    ) -> Result<Self, KeymapError> {
        let known = |name: &str| {
            contexts
                .iter()
                .any(|c| c.actions.iter().any(|a| a.name == name))
        };
        if let Some(name) = user.keys().find(|name| !known(name)) {
            return Err(KeymapError::NoAction(name.clone()));
        }
        let contexts = contexts
            .iter()
            .map(|context| Ok((*context, bind(context, user)?)))
            .collect::<Result<_, _>>()?;
        Ok(Self { contexts })
    }

    fn bindings(&self, context: &str) -> &[Binding] {
        self.contexts
            .iter()
            .find(|(c, _)| c.name == context)
            .map_or(&[], |(_, bindings)| bindings)
    }

    /// What `key` does after the keys of a begun sequence, in these contexts, of which earlier ones win.
    #[must_use]
    pub fn press(&self, contexts: &[&str], begun: &[Key], key: Key) -> Hit {
        let starts = |binding: &Binding| {
            binding.keys.len() > begun.len()
                && binding.keys.starts_with(begun)
                && binding.keys[begun.len()] == key
        };
        for context in contexts {
            let mut prefix = false;
            for binding in self.bindings(context).iter().filter(|b| starts(b)) {
                if binding.keys.len() == begun.len() + 1 {
                    return Hit::Action(binding.action);
                }
                prefix = true;
            }
            if prefix {
                return Hit::Prefix;
            }
        }
        Hit::Nothing
    }

    /// What may follow the keys of a begun sequence: the rest of the keys, and the action. For the menu that a prefix opens.
    #[must_use]
    pub fn after(&self, contexts: &[&str], begun: &[Key]) -> Vec<(String, &'static Action)> {
        contexts
            .iter()
            .flat_map(|context| self.bindings(context))
            .filter(|b| b.keys.len() > begun.len() && b.keys.starts_with(begun))
            .map(|b| (written(&b.keys[begun.len()..]), b.action))
            .collect()
    }

    /// The keys of an action as they are written, the first first.
    #[must_use]
    pub fn keys_of(&self, action: &str) -> Vec<String> {
        self.contexts
            .iter()
            .flat_map(|(_, bindings)| bindings)
            .filter(|b| b.action.name == action)
            .map(|b| written(&b.keys))
            .collect()
    }

    /// The keys that a footer shows for an action: the first, empty if it has none.
    #[must_use]
    pub fn key_of(&self, action: &str) -> String {
        self.keys_of(action).into_iter().next().unwrap_or_default()
    }

    /// A sentence with the keys of its actions: `⟨global.apis⟩ lists them` becomes `1 lists them`. An action that the user has left
    /// without a key is found by its words in the palette.
    #[must_use]
    pub fn words(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, name, after)) = key_in(rest) {
            out.push_str(before);
            match self.action(name) {
                None => {
                    let whole = &rest[before.len()..rest.len() - after.len()];
                    out.push_str(whole);
                }
                Some(action) => match self.key_of(name).as_str() {
                    "" => {
                        out.push_str(&self.key_of("global.palette"));
                        out.push_str(action.words);
                    }
                    key => out.push_str(key),
                },
            }
            rest = after;
        }
        out.push_str(rest);
        out
    }

    fn action(&self, name: &str) -> Option<&'static Action> {
        let mut all = self.contexts.iter().flat_map(|(c, _)| c.actions);
        all.find(|action| action.name == name)
    }

    /// All contexts, for help and for the printed table.
    pub fn contexts(&self) -> impl Iterator<Item = &Context> {
        self.contexts.iter().map(|(context, _)| context)
    }

    /// The table as text: a line for each action, with its keys, its name and what it does.
    #[must_use]
    pub fn table(&self) -> String {
        let mut out = String::new();
        for (context, _) in &self.contexts {
            if !out.is_empty() {
                out.push('\n');
            }
            out.push_str(context.title);
            out.push('\n');
            for action in context.actions {
                let keys = self.keys_of(action.name).join(", ");
                let line = format!("  {keys:<18} {:<26} {}", action.name, action.about);
                out.push_str(line.trim_end());
                out.push('\n');
            }
        }
        out
    }
}

/// The first action that a sentence names: what stands before it, its name, what follows.
fn key_in(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('⟨')?;
    let (name, after) = rest.split_once('⟩')?;
    Some((before, name, after))
}

fn written(keys: &[Key]) -> String {
    keys.iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(" ")
}

fn bind(
    context: &Context,
    user: &BTreeMap<String, Vec<String>>,
) -> Result<Vec<Binding>, KeymapError> {
    let mut bindings: Vec<Binding> = Vec::new();
    for action in context.actions {
        let texts: Vec<&str> = match user.get(action.name) {
            Some(keys) => keys.iter().map(String::as_str).collect(),
            None => action.keys.to_vec(),
        };
        for text in texts {
            let keys = text
                .split_whitespace()
                .map(str::parse)
                .collect::<Result<Vec<Key>, _>>()
                .map_err(|error| KeymapError::BadKey {
                    action: action.name.to_owned(),
                    error,
                })?;
            let clash = bindings
                .iter()
                .find(|b| b.keys.starts_with(&keys) || keys.starts_with(&b.keys));
            if let Some(other) = clash {
                return Err(KeymapError::Clash {
                    keys: text.to_owned(),
                    first: other.action.name,
                    second: action.name,
                });
            }
            bindings.push(Binding { keys, action });
        }
    }
    Ok(bindings)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: Context = Context {
        name: "list",
        title: "Lists",
        actions: &[
            Action::new("list.down", &["down", "j"], "down", "Moves down"),
            Action::new("list.top", &["home", "g g"], "top", "Moves to the top"),
            Action::new("list.keys", &["g k"], "keys", "Goes to the keys"),
        ],
    };
    const CANARY: Context = Context {
        name: "canary",
        title: "Canary",
        actions: &[Action::new(
            "canary.guard",
            &["g"],
            "guard",
            "Sets the guard",
        )],
    };

    fn keymap(user: &[(&str, &[&str])]) -> Result<Keymap, KeymapError> {
        let user = user
            .iter()
            .map(|(name, keys)| {
                let keys = keys.iter().map(|k| (*k).to_owned()).collect();
                ((*name).to_owned(), keys)
            })
            .collect();
        Keymap::new(&[LIST, CANARY], &user)
    }

    fn press(keymap: &Keymap, contexts: &[&str], keys: &str) -> String {
        let mut begun = Vec::new();
        for key in keys.split(' ') {
            let key = key.parse().unwrap();
            match keymap.press(contexts, &begun, key) {
                Hit::Action(action) => return action.name.to_owned(),
                Hit::Prefix => begun.push(key),
                Hit::Nothing => return "nothing".to_owned(),
            }
        }
        "prefix".to_owned()
    }

    #[test]
    fn keys_and_sequences_lead_to_actions_and_earlier_contexts_win() {
        let map = keymap(&[]).unwrap();
        let cases: [(&[&str], &str, &str); 6] = [
            (&["list"], "j", "list.down"),
            (&["list"], "g", "prefix"),
            (&["list"], "g g", "list.top"),
            (&["list"], "g x", "nothing"),
            (&["canary", "list"], "g", "canary.guard"),
            (&["canary"], "j", "nothing"),
        ];
        for (contexts, keys, action) in cases {
            assert_eq!(press(&map, contexts, keys), action, "{contexts:?} {keys}");
        }
        let menu = map.after(&["list"], &["g".parse().unwrap()]);
        let menu: Vec<_> = menu.iter().map(|(k, a)| (k.as_str(), a.name)).collect();
        assert_eq!(menu, [("g", "list.top"), ("k", "list.keys")]);
    }

    #[test]
    fn the_user_replaces_the_keys_of_single_actions() {
        let map = keymap(&[("list.down", &["ctrl-n"])]).unwrap();
        assert_eq!(press(&map, &["list"], "ctrl-n"), "list.down");
        assert_eq!(press(&map, &["list"], "j"), "nothing");
        assert_eq!(press(&map, &["list"], "home"), "list.top");
        assert_eq!(map.key_of("list.down"), "ctrl-n");
        assert!(
            map.table()
                .contains("  ctrl-n             list.down                  Moves down\n")
        );
    }

    #[test]
    fn sentences_name_the_keys_that_there_are() {
        for (keys, sentence) in [
            (&["down", "j"][..], "go down with down, not ⟨x⟩ ⟨"),
            (&["ctrl-n"], "go down with ctrl-n, not ⟨x⟩ ⟨"),
            (&[], "go down with down, not ⟨x⟩ ⟨"),
        ] {
            let map = keymap(&[("list.down", keys)]).unwrap();
            let words = map.words("go down with ⟨list.down⟩, not ⟨x⟩ ⟨");
            assert_eq!(words, sentence, "{keys:?}");
        }
    }

    #[test]
    fn mistakes_in_a_users_table_are_named() {
        let error = |user: &[(&str, &[&str])]| keymap(user).unwrap_err().to_string();
        assert!(error(&[("list.dwn", &["x"])]).contains("no action `list.dwn`"));
        assert!(error(&[("list.down", &["dwn"])]).contains("`dwn` isn't a key"));
        let clash = error(&[("list.down", &["g"])]);
        assert!(
            clash.contains("`list.down`") && clash.contains("`list.top`"),
            "{clash}"
        );
    }
}

//! `sluice keys`: every action of the console with its keys.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::ExitCode;

use clap::Args;

use crate::console::ui::shell::keymap;

/// Prints every action of the console with its keys and its name
#[derive(Debug, Args)]
pub(super) struct Keys {}

impl Keys {
    #[allow(clippy::unused_self, reason = "every subcommand is run so")]
    pub(super) fn run(self) -> ExitCode {
        match table() {
            Ok(table) => {
                // A closed stream means that nobody reads on.
                let _ = std::io::stdout().lock().write_all(table.as_bytes());
                ExitCode::SUCCESS
            }
            Err(error) => super::fail(2, &error),
        }
    }
}

fn table() -> Result<String, String> {
    keymap(&BTreeMap::new())
        .map(|keymap| keymap.table())
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_table_names_every_action_once_and_no_keys_clash() {
        let table = super::table().unwrap();
        let names: Vec<&str> = crate::console::ui::shell::contexts()
            .iter()
            .flat_map(|c| c.actions)
            .map(|a| a.name)
            .collect();
        assert!(names.len() > 40);
        for name in names {
            assert_eq!(table.matches(&format!(" {name} ")).count(), 1, "{name}");
        }
    }
}

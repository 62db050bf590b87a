//! `sluice keys`: every action of the console with its keys.

use std::collections::BTreeMap;

use crate::console::ui::shell::keymap;

/// The key table as text.
pub(super) fn table() -> Result<String, String> {
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

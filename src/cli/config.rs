//! The user's own keys and themes: `keys.toml` and `themes/*.toml` in the configuration folder.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

/// What the user has configured.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Config {
    /// Action → keys.
    pub(super) keys: BTreeMap<String, Vec<String>>,
    /// Theme → text of its file.
    pub(super) themes: BTreeMap<String, String>,
}

impl Config {
    /// Reads the user's folder. Without a folder nothing is configured; a file that can't be read or understood is an error, since
    /// the user wants what stands in it.
    pub(super) fn read() -> Result<Self, String> {
        match etcetera::choose_base_strategy() {
            Ok(base) => Self::read_from(&base.config_dir().join("sluice")),
            Err(_) => Ok(Self::default()),
        }
    }

    fn read_from(folder: &Path) -> Result<Self, String> {
        let mut config = Self::default();
        let file = folder.join("keys.toml");
        if let Some(text) = read(&file)? {
            config.keys = toml::from_str(&text).map_err(|error| {
                format!(
                    "{}: {}. A line is `\"stages.deploy\" = [\"D\"]`; `sluice keys` lists the names",
                    file.display(),
                    error.message()
                )
            })?;
        }
        let folder = folder.join("themes");
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(config),
            Err(error) => return Err(format!("{}: {error}", folder.display())),
        };
        for entry in entries.flatten() {
            let path: PathBuf = entry.path();
            let is_theme = path.extension().is_some_and(|e| e == "toml");
            if let (true, Some(name)) = (is_theme, path.file_stem().and_then(|s| s.to_str()))
                && let Some(text) = read(&path)?
            {
                config.themes.insert(name.to_owned(), text);
            }
        }
        Ok(config)
    }
}

/// A file's text; `None` if there is no such file.
fn read(path: &Path) -> Result<Option<String>, String> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("{}: {error}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_themes_are_read_and_mistakes_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        assert_eq!(Config::read_from(&root.join("none")), Ok(Config::default()));
        fs::create_dir(root.join("themes")).unwrap();
        fs::write(root.join("themes/mine.toml"), "name = \"mine\"").unwrap();
        fs::write(root.join("themes/notes.txt"), "no theme").unwrap();
        fs::write(root.join("keys.toml"), "\"stages.deploy\" = [\"ctrl-d\"]\n").unwrap();
        let config = Config::read_from(root).unwrap();
        assert_eq!(config.keys["stages.deploy"], ["ctrl-d"]);
        assert_eq!(config.themes.keys().collect::<Vec<_>>(), ["mine"]);
        fs::write(root.join("keys.toml"), "stages = 1").unwrap();
        let error = Config::read_from(root).unwrap_err();
        assert!(
            error.contains("keys.toml") && error.contains("sluice keys"),
            "{error}"
        );
    }
}

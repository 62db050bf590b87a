//! The one-way rule of `src/lib.rs`: who may use whom, and which outside crates stay where.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that can't go on fails"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each layer and what of ours it may use.
const LAYERS: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("model", &[]),
    ("iam", &[]),
    ("openapi", &["model"]),
    ("java", &[]),
    ("jsonpath", &["java"]),
    ("vtl", &["java", "jsonpath"]),
    (
        "engine",
        &["base", "iam", "java", "jsonpath", "model", "openapi", "vtl"],
    ),
    ("aws", &["base", "model"]),
    (
        "console",
        &["aws", "base", "iam", "model", "openapi", "vtl"],
    ),
    ("demo", &["aws", "base", "model"]),
    (
        "cli",
        &[
            "aws", "base", "console", "demo", "engine", "iam", "java", "jsonpath", "model",
            "openapi", "vtl",
        ],
    ),
];

/// Modules of a layer that know nothing of others of it.
const APART: &[(&str, &[&str])] = &[("console/app", &["ui", "term", "looping", "run", "outside"])];

/// Outside crates and the only folders that may name them.
const CONFINED: &[(&str, &[&str])] = &[
    (
        "ratatui",
        &[
            "console/ui",
            "console/term",
            "console/looping.rs",
            "console/testing.rs",
        ],
    ),
    ("crossterm", &["console/ui", "console/term"]),
    ("tui_textarea", &["console/ui"]),
    ("syntect", &["console/ui"]),
    ("aws_sdk_", &["aws"]),
    ("aws_config", &["aws"]),
    ("aws_smithy_", &["aws"]),
    ("aws_credential_types", &["aws"]),
    ("hyper", &["engine", "demo"]),
    ("rusqlite", &["engine/store"]),
    // The engine's calls go through its own pool.
    ("reqwest", &["aws", "cli", "demo"]),
];

fn sources() -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, root: &Path, found: &mut Vec<(PathBuf, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, root, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path.strip_prefix(root).unwrap().to_owned(), text));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    walk(&root, &root, &mut found);
    assert!(found.len() > 20, "the sources were not found");
    found
}

/// The code of a file, without its comments and without `#[cfg(test)] mod tests { … }` at its end.
fn code(text: &str) -> String {
    let text = text
        .split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or_default();
    text.lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join("\n")
}

/// The names that follow `prefix` in `code`, grouped imports (`crate::{a, b::c}`) included.
fn names_after(code: &str, prefix: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (at, _) in code.match_indices(prefix) {
        let rest = code[at + prefix.len()..].trim_start();
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 1;
            let mut item = String::new();
            for c in group.chars() {
                match c {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    _ => {}
                }
                if depth == 0 || (c == ',' && depth == 1) {
                    names.insert(first_word(&item));
                    item.clear();
                } else {
                    item.push(c);
                }
                if depth == 0 {
                    break;
                }
            }
        } else {
            names.insert(first_word(rest));
        }
    }
    names.remove("");
    names
}

/// The modules below `parent` (a path of names from the crate's root) that a file names, by their absolute or their relative path.
fn names_below(parent: &[&str], path: &Path, code: &str) -> BTreeSet<String> {
    let absolute = [&["crate"], parent, &[""]].concat().join("::");
    let mut names = names_after(code, &absolute);
    let module = module_of(path);
    // From so many modules below, so many steps lead up to it.
    if module.len() > parent.len() && module.iter().zip(parent).all(|(a, b)| a == b) {
        let up = "super::".repeat(module.len() - parent.len());
        for (at, _) in code.match_indices(&up) {
            let longer =
                code[..at].ends_with("super::") || code[at + up.len()..].starts_with("super");
            if !longer {
                let rest = &code[at..];
                let end = rest.find(';').unwrap_or(rest.len());
                names.extend(names_after(&rest[..end], &up));
            }
        }
    }
    names
}

/// The module that a file is: `console/app/mod.rs` is `console`, `app`.
fn module_of(path: &Path) -> Vec<String> {
    let text = path.with_extension("").to_str().unwrap().to_owned();
    let mut module: Vec<String> = text.split('/').map(str::to_owned).collect();
    module.retain(|name| name != "mod");
    module
}

fn first_word(text: &str) -> String {
    text.trim_start()
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}

#[test]
fn layers_use_only_what_is_below_them() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let layer = path
            .components()
            .next()
            .unwrap()
            .as_os_str()
            .to_str()
            .unwrap()
            .to_owned();
        let layer = layer.strip_suffix(".rs").unwrap_or(&layer);
        if matches!(layer, "lib" | "main") {
            continue;
        }
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == layer) else {
            wrong.push(format!("{} belongs to no layer", path.display()));
            continue;
        };
        for used in names_below(&[], &path, &code(&text)) {
            let is_layer = LAYERS.iter().any(|(name, _)| *name == used);
            if is_layer && used != layer && !allowed.contains(&used.as_str()) {
                wrong.push(format!("{}: {layer} must not use {used}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_stands_apart_in_a_layer_uses_nothing_of_its_neighbours() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        for (folder, others) in APART {
            if !path.starts_with(folder) {
                continue;
            }
            let parent: Vec<&str> = folder.split('/').collect();
            let parent = &parent[..parent.len() - 1];
            for used in names_below(parent, &path, &code(&text)) {
                if others.contains(&used.as_str()) {
                    wrong.push(format!("{}: {folder} must not use {used}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn outside_crates_stay_in_their_folders() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let code = code(&text);
        for (name, folders) in CONFINED {
            let used = code.match_indices(name).any(|(at, _)| {
                let before = code[..at].chars().next_back();
                let after = &code[at + name.len()..];
                let whole =
                    name.ends_with('_') || after.starts_with("::") || after.starts_with(';');
                whole && !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '"')
            });
            if used && !folders.iter().any(|folder| path.starts_with(folder)) {
                wrong.push(format!(
                    "{}: {name} belongs to {}",
                    path.display(),
                    folders.join(", ")
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_reader_of_imports_sees_groups_and_paths() {
    let code =
        "use crate::{base::Clock, model::{Stage, Api}, vtl};\nlet x = crate::engine::start();";
    let names: Vec<_> = names_after(code, "crate::").into_iter().collect();
    assert_eq!(names, ["base", "engine", "model", "vtl"]);
    let code = "use super::super::{ui::Shell, app};\nuse super::super::super::engine::Engine;\nuse super::near;";
    let path = Path::new("console/app/store.rs");
    let below =
        |parent: &[&str]| -> Vec<_> { names_below(parent, path, code).into_iter().collect() };
    assert_eq!(below(&["console"]), ["app", "ui"]);
    assert_eq!(below(&[]), ["engine"]);
    assert_eq!(below(&["console", "app"]), ["near"]);
}

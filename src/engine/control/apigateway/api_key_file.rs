//! The file format of API keys: comma separated values with a header row.
//!
//! Source: `spec/rest/throttling-usage-plans.md` §2, page "API Gateway API key file format".

/// A line of the file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) name: String,
    pub(super) key: String,
    pub(super) description: Option<String>,
    pub(super) enabled: bool,
    pub(super) usage_plan_ids: Vec<String>,
}

/// Reads the file, or says in words for the user what is wrong with it.
pub(super) fn parse(body: &[u8]) -> Result<Vec<Line>, String> {
    let text =
        std::str::from_utf8(body).map_err(|_| "The API key file must be UTF-8 text".to_owned())?;
    let mut rows = rows(text.trim_start_matches('\u{feff}')).into_iter();
    let header: Vec<String> = rows
        .next()
        .unwrap_or_default()
        .iter()
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    let column = |name: &str| header.iter().position(|column| column == name);
    // The text is widely quoted from AWS for the key.
    let needed = |name: &str| {
        column(&name.to_ascii_lowercase())
            .ok_or_else(|| format!("Missing required column '{name}'"))
    };
    let (key, name) = (needed("Key")?, needed("Name")?);
    let (description, enabled) = (column("description"), column("enabled"));
    let usage_plan_ids = column("usageplanids");
    let mut lines = Vec::new();
    for (number, row) in rows.enumerate() {
        let cell = |at: Option<usize>| at.and_then(|at| row.get(at)).map_or("", |cell| cell.trim());
        if cell(Some(key)).is_empty() {
            // The header is line 1.
            return Err(format!(
                "Line {} of the API key file has no key",
                number + 2
            ));
        }
        lines.push(Line {
            name: cell(Some(name)).to_owned(),
            key: cell(Some(key)).to_owned(),
            description: Some(cell(description).to_owned()).filter(|text| !text.is_empty()),
            enabled: cell(enabled).is_empty() || cell(enabled).eq_ignore_ascii_case("true"),
            usage_plan_ids: cell(usage_plan_ids)
                .split(',')
                .map(str::trim)
                .filter(|id| !id.is_empty())
                .map(str::to_owned)
                .collect(),
        });
    }
    Ok(lines)
}

/// The cells of each row. A cell that starts with a quote, single or double, ends with the same; doubled, it stands for itself.
fn rows(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut quote: Option<char> = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(q), c) if c == q => {
                if chars.peek() == Some(&q) {
                    chars.next();
                    cell.push(q);
                } else {
                    quote = None;
                }
            }
            (None, '"' | '\'') if cell.trim().is_empty() => {
                cell.clear();
                quote = Some(c);
            }
            (None, ',') => row.push(std::mem::take(&mut cell)),
            (None, '\n') => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            (None, '\r') => {}
            (_, c) => cell.push(c),
        }
    }
    row.push(cell);
    rows.push(row);
    rows.retain(|row| row.iter().any(|cell| !cell.trim().is_empty()));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_come_in_any_order_and_case() {
        let file = "KEY,name,Enabled,Colour,UsagePlanIds,description\r\n\
                    abcdefghijklmnopqrst1,one,tRuE,red,\"p1, p2\",\"says \"\"hi\"\", twice\"\n\
                    abcdefghijklmnopqrst2,'two, too',FALSE,,'p3',\n\n\
                    abcdefghijklmnopqrst3,three\n";
        let lines = parse(file.as_bytes()).unwrap();
        let line = |name: &str, n: u8, description: Option<&str>, enabled, plans: &[&str]| Line {
            name: name.into(),
            key: format!("abcdefghijklmnopqrst{n}"),
            description: description.map(Into::into),
            enabled,
            usage_plan_ids: plans.iter().map(ToString::to_string).collect(),
        };
        assert_eq!(
            lines,
            [
                line("one", 1, Some("says \"hi\", twice"), true, &["p1", "p2"]),
                line("two, too", 2, None, false, &["p3"]),
                line("three", 3, None, true, &[]),
            ]
        );
    }

    #[test]
    fn what_is_missing_is_named() {
        for (file, part) in [
            ("", "Missing required column 'Key'"),
            ("name,value\na,b", "Missing required column 'Key'"),
            ("key,value\na,b", "Missing required column 'Name'"),
            ("name,key\na,\n", "Line 2"),
        ] {
            let error = parse(file.as_bytes()).unwrap_err();
            assert!(error.contains(part), "{file:?}: {error}");
        }
        assert!(parse(&[0xff]).unwrap_err().contains("UTF-8"));
    }
}

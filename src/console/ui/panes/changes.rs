//! Changes that aren't deployed, in words: where they are, the whole difference, and the first of them beside a question.

use crate::console::ui::layers::Line;
use crate::console::ui::theme::Meaning;
use crate::model::difference::{Change, Kind, Part, Place};

/// Where a change is.
pub(super) fn place(place: &Place) -> String {
    match place {
        Place::Api => "the API".to_owned(),
        Place::Resource { path } => path.clone(),
        Place::Method {
            path,
            verb,
            part,
            status,
        } => {
            let part = match part {
                None => "",
                Some(Part::MethodRequest) => ", method request",
                Some(Part::IntegrationRequest) => ", integration request",
                Some(Part::IntegrationResponse) => ", integration response",
                Some(Part::MethodResponse) => ", method response",
            };
            let status = status.as_ref().map(|status| format!(" {status}"));
            format!("{verb} {path}{part}{}", status.unwrap_or_default())
        }
        Place::Model { name } => format!("model {name}"),
        Place::RequestValidator { name } => format!("validator {name}"),
        Place::Authorizer { name } => format!("authorizer {name}"),
        Place::GatewayResponse { name } => format!("gateway response {name}"),
    }
}

/// All changes as lines to read.
pub(super) fn difference_lines(changes: &[Change]) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut last = None;
    for change in changes {
        let here = place(&change.place);
        if last.as_ref() != Some(&here) {
            if last.is_some() {
                lines.push(Vec::new());
            }
            lines.push(vec![(here.clone(), Meaning::Title)]);
            last = Some(here);
        }
        let (sign, meaning) = match change.kind {
            Kind::Added => ("+", Meaning::Good),
            Kind::Removed => ("-", Meaning::Bad),
            Kind::Changed => ("~", Meaning::Changed),
        };
        let word = change.kind.word();
        let member = change.member.as_deref().unwrap_or("all of it");
        lines.push(vec![(format!("  {sign} {member}  {word}"), meaning)]);
        for (text, sign, meaning) in [
            (&change.before, '-', Meaning::Bad),
            (&change.after, '+', Meaning::Good),
        ] {
            for line in text.iter().flat_map(|text| text.lines()) {
                lines.push(vec![(format!("      {sign} {line}"), meaning)]);
            }
        }
    }
    lines
}

/// The first changes, a line each, and how many more there are: what a question shows of them.
pub(super) fn first_lines(changes: &[Change]) -> String {
    const NAMED: usize = 4;
    let mut lines: Vec<String> = changes.iter().take(NAMED).map(line).collect();
    let more = changes.len().saturating_sub(NAMED);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines.join("\n")
}

fn line(change: &Change) -> String {
    let member = change.member.as_ref().map(|member| format!(" {member}"));
    let (kind, place) = (change.kind.word(), place(&change.place));
    format!("{kind} {place}{}", member.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_names_the_first_and_counts_the_rest() {
        let change = |path: &str| Change {
            kind: Kind::Added,
            place: Place::Resource {
                path: path.to_owned(),
            },
            member: None,
            before: None,
            after: None,
        };
        let changes: Vec<Change> = ["/a", "/b", "/c", "/d", "/e", "/f"].map(change).into();
        assert_eq!(first_lines(&changes[..1]), "added /a");
        assert_eq!(
            first_lines(&changes),
            "added /a\nadded /b\nadded /c\nadded /d\nand 2 more"
        );
    }
}

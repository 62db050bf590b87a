//! The lines around the pane: context, tabs, footer.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::{MOVE, Shell, TYPING};
use crate::aws::{Changes, Query, is_production};
use crate::console::app::{App, Level, Remote};
use crate::console::ui::canvas::{Canvas, Piece, age, wrap};
use crate::console::ui::keymap::Action;
use crate::console::ui::theme::Meaning;

/// From this width on, lines say more.
const ROOMY: u16 = 100;
/// Letters of an error in the context line.
const WHY: usize = 30;
/// Actions in the footer.
const FOOTER_ACTIONS: usize = 6;
/// Rows that an error may take above the footer.
const ERROR_ROWS: u16 = 4;

impl Shell {
    /// Where am I, is it dangerous, is it fresh.
    pub(super) fn draw_context(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let app = &self.app;
        let roomy = area.width >= ROOMY;
        let dot = format!(" {} ", canvas.signs().dot);
        let mut texts: Vec<(String, Meaning)> = vec![(" ".to_owned(), Meaning::Text)];
        let mut say = |text: &str, meaning| texts.push((text.to_owned(), meaning));
        if roomy {
            say("sluice  ", Meaning::Dim);
        }
        say(&app.session.name(), Meaning::Title);
        if app.session.owner_ended.is_some() {
            say(" ended", Meaning::Bad);
        }
        if let (true, Some(account)) = (roomy || app.session.is_aws(), &app.session.account) {
            say(&format!(" {account}"), Meaning::Text);
        }
        say(&format!(" {}", app.session.region), Meaning::Text);
        if app.session.read_only {
            say(" read-only", Meaning::Warn);
        }
        if let Some(api) = &app.selection.api {
            say(&dot, Meaning::Dim);
            say(&api.name, Meaning::Title);
            if roomy {
                say(&format!(" {}", api.id), Meaning::Dim);
            }
        }
        let mut production = false;
        if let Some(stage) = &app.selection.stage {
            say(&dot, Meaning::Dim);
            say(
                &format!("{}{stage}", if roomy { "stage " } else { "" }),
                Meaning::Text,
            );
            production = is_production(stage);
            if production {
                say(&dot, Meaning::Dim);
                say("PROD", Meaning::Title);
            }
        }
        let mut right = self.changes_badge(canvas, roomy);
        let (fresh, meaning) = self.freshness(canvas, roomy);
        if !right.is_empty() && !fresh.is_empty() {
            right.push((dot.clone(), Meaning::Dim));
        }
        right.push((format!("{fresh} "), meaning));
        let pieces: Vec<Piece<'_>> = right.iter().map(|(t, m)| (t.as_str(), *m)).collect();
        let width: usize = pieces.iter().map(|(t, _)| t.width()).sum();
        let width = u16::try_from(width).unwrap_or(area.width);
        let left = Rect::new(area.x, area.y, area.width.saturating_sub(width + 1), 1);
        let left_pieces: Vec<Piece<'_>> = texts.iter().map(|(t, m)| (t.as_str(), *m)).collect();
        canvas.line(left, &left_pieces);
        canvas.line_right(area, &pieces);
        if production {
            canvas.paint(area, Meaning::Danger);
        }
    }

    /// What deploying would change on the stage that is worked on.
    fn changes_badge(&self, canvas: &Canvas<'_>, roomy: bool) -> Vec<(String, Meaning)> {
        let (Some(api), Some(stage)) = (&self.app.selection.api, &self.app.selection.stage) else {
            return Vec::new();
        };
        let changes = self.app.store.changes(&api.id, stage);
        match changes.value() {
            Some(Changes::Known(changes)) if !changes.is_empty() => {
                let (count, words) = (changes.len(), if roomy { " not deployed" } else { "" });
                vec![(
                    format!("{} {count}{words}", canvas.signs().changed),
                    Meaning::Changed,
                )]
            }
            _ => Vec::new(),
        }
    }

    /// How old the oldest thing on the screen is.
    fn freshness(&self, canvas: &Canvas<'_>, roomy: bool) -> (String, Meaning) {
        let app: &App = &self.app;
        let mut oldest = None;
        let mut waiting = false;
        // Who we are is read once; its failure is told elsewhere.
        for query in self.needs().into_iter().filter(|q| *q != Query::Identity) {
            match app.store.get(&query) {
                Remote::Failed { error, .. } => {
                    // The pane has the error in full where the data is missing; here a few words tell what kind it is.
                    let error = error.to_string();
                    let words: String = error.chars().take(WHY).collect();
                    let cut = if words == error {
                        ""
                    } else {
                        canvas.signs().cut
                    };
                    let why = if roomy {
                        format!(": {words}{cut}")
                    } else {
                        String::new()
                    };
                    return (
                        format!("{} not up to date{why}", canvas.signs().bad),
                        Meaning::Bad,
                    );
                }
                Remote::Never | Remote::Loading { .. } => waiting = true,
                loaded @ Remote::Loaded { .. } => oldest = oldest.min(loaded.at()).or(loaded.at()),
            }
        }
        if waiting {
            return (format!("loading {}", canvas.signs().cut), Meaning::Dim);
        }
        let Some(at) = oldest else {
            return (String::new(), Meaning::Dim);
        };
        let seconds = i64::try_from(app.now().saturating_sub(at).as_secs()).unwrap_or(0);
        let wall = app.wall();
        match age(wall, wall.as_second() - seconds).as_str() {
            "now" => ("fresh".to_owned(), Meaning::Dim),
            age => (format!("{age} old"), Meaning::Warn),
        }
    }

    /// Panes by number; the current one by name. Remembers where each stands, for the mouse.
    pub(super) fn draw_tabs(&mut self, canvas: &mut Canvas<'_>, area: Rect) {
        let roomy = area.width >= ROOMY;
        self.tabs.clear();
        let mut x = area.x + 1;
        for (index, pane) in self.panes.iter().enumerate() {
            let id = pane.id();
            let current = index == self.current;
            let number = id.number().to_string();
            let begin = x;
            let pieces: Vec<Piece<'_>> = if current {
                vec![
                    (canvas.signs().here, Meaning::Mark),
                    (&number, Meaning::Mark),
                    (" ", Meaning::Text),
                    (id.title(), Meaning::Mark),
                ]
            } else if roomy {
                vec![
                    (" ", Meaning::Text),
                    (&number, Meaning::Dim),
                    (" ", Meaning::Text),
                    (id.title(), Meaning::Text),
                ]
            } else {
                vec![(" ", Meaning::Text), (&number, Meaning::Dim)]
            };
            let left = area.right().saturating_sub(x);
            x = canvas.line(Rect::new(x, area.y, left, 1), &pieces);
            self.tabs
                .push((Rect::new(begin, area.y, x - begin, 1), index));
            x += 1;
        }
        let help = self.keymap.key_of("global.help");
        canvas.line_right(area, &[(&help, Meaning::Key), (" help ", Meaning::Dim)]);
    }

    /// The actions that matter most now, and on the right the newest message or the queue of calls.
    pub(super) fn draw_footer(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let right = self.message(canvas);
        let width = right.iter().map(|(text, _)| text.width()).sum::<usize>();
        let most = usize::from(area.width) * 2 / 3;
        let width = u16::try_from(width.min(most)).unwrap_or(area.width);
        let left = Rect::new(area.x + 1, area.y, area.width.saturating_sub(width + 3), 1);
        if self.filter_open {
            let x = canvas.line(left, &[("/", Meaning::Key)]);
            let at = Rect::new(x, left.y, left.right() - x, 1);
            // Drawing moves the field's window, which is view state of no consequence.
            self.filter.clone().draw(canvas, at, true);
        } else if self.begun.is_empty() {
            self.draw_actions(canvas, left);
        } else {
            self.draw_prefix(canvas, left);
        }
        if !right.is_empty() {
            let at = Rect::new(area.right() - width - 1, area.y, width, 1);
            let pieces: Vec<Piece<'_>> = right.iter().map(|(t, m)| (t.as_str(), *m)).collect();
            canvas.line(at, &pieces);
        }
    }

    fn draw_actions(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let mut x = area.x;
        // A layer says how to leave it, the gate's question in its own words.
        let back = if self.is_typing() { &TYPING } else { &MOVE };
        let back = back.actions.iter().filter(|action| {
            let back = matches!(action.name, "move.back" | "typing.back");
            back && !self.layers.is_empty() && !self.asked
        });
        let with_key = |action: &&Action| !self.keymap.key_of(action.name).is_empty();
        // The places stay where they are while the cursor moves. Only where none of them leads anywhere, what does takes them.
        let all = || self.context().actions.iter().filter(with_key);
        let open = |action: &&Action| self.blocked(action.name).is_none();
        let own: Vec<&Action> = if all().take(FOOTER_ACTIONS).any(|action| open(&action)) {
            all().take(FOOTER_ACTIONS).collect()
        } else {
            all().filter(open).take(FOOTER_ACTIONS).collect()
        };
        for action in own.into_iter().chain(back) {
            let key = self.keymap.key_of(action.name);
            let width = key.width() + 1 + action.words.width();
            let Ok(width) = u16::try_from(width) else {
                continue;
            };
            if x + width > area.right() {
                break;
            }
            let meaning = if self.blocked(action.name).is_some() {
                Meaning::Dim
            } else {
                Meaning::Text
            };
            let key_meaning = if meaning == Meaning::Dim {
                Meaning::Dim
            } else {
                Meaning::Key
            };
            let at = Rect::new(x, area.y, width, 1);
            canvas.line(
                at,
                &[
                    (&key, key_meaning),
                    (" ", Meaning::Text),
                    (action.words, meaning),
                ],
            );
            x += width + 2;
        }
    }

    fn draw_prefix(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let mut x = area.x;
        for (keys, action) in self.keymap.after(&self.contexts(), &self.begun) {
            let at = Rect::new(x, area.y, area.right().saturating_sub(x), 1);
            x = canvas.line(
                at,
                &[
                    (&keys, Meaning::Key),
                    (" ", Meaning::Text),
                    (action.words, Meaning::Text),
                ],
            );
            x += 2;
        }
    }

    fn message(&self, canvas: &Canvas<'_>) -> Vec<(String, Meaning)> {
        let signs = canvas.signs();
        if let Some(toast) = self.app.toasts.current() {
            return match toast.level {
                Level::Done => vec![
                    (format!("{} ", signs.on), Meaning::Good),
                    (toast.text.clone(), Meaning::Text),
                ],
                Level::Note => vec![(toast.text.clone(), Meaning::Text)],
                Level::Failed => vec![(format!("{} any key goes on", signs.bad), Meaning::Bad)],
            };
        }
        let queue = self.app.queue;
        if queue.waiting > 0 {
            let next = queue
                .next_in
                .map(|next| format!(", next in {} s", next.as_secs_f32().ceil()));
            let text = format!("{} waiting{}", queue.waiting, next.unwrap_or_default());
            return vec![(text, Meaning::Warn)];
        }
        if self.app.calls.running() > 0 {
            return vec![(format!("working {}", signs.cut), Meaning::Dim)];
        }
        if !self.filter_open && !self.filter.is_empty() {
            return vec![(
                format!("/{}  esc shows all", self.filter.text()),
                Meaning::Match,
            )];
        }
        Vec::new()
    }

    /// An error in full above the footer, until a key is pressed: never cut at the end of a line.
    pub(super) fn draw_error(&self, canvas: &mut Canvas<'_>, body: Rect) {
        let Some(toast) = self
            .app
            .toasts
            .current()
            .filter(|t| t.level == Level::Failed)
        else {
            return;
        };
        let lines = wrap(&toast.text, usize::from(body.width) - 2);
        let rows = u16::try_from(lines.len())
            .unwrap_or(ERROR_ROWS)
            .min(ERROR_ROWS);
        let area = Rect::new(body.x, body.bottom() - rows - 1, body.width, rows + 1);
        canvas.clear(area);
        canvas.rule(area, &[]);
        for (line, y) in lines.iter().zip(area.y + 1..area.bottom()) {
            canvas.put(area.x + 1, y, area.width - 2, line, Meaning::Bad);
        }
    }
}

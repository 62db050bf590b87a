//! The lines around the pane: context, tabs, footer.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::place::{FIRST, Place, THEN, Worth};
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
        let roomy = area.width >= ROOMY;
        let dot = format!(" {} ", canvas.signs().dot);
        let badge = self.changes_badge(canvas, roomy);
        let (fresh, meaning) = self.freshness(canvas, roomy);
        let right = |with_badge: bool| {
            let mut right = if with_badge {
                badge.clone()
            } else {
                Vec::new()
            };
            if !right.is_empty() && !fresh.is_empty() {
                right.push((dot.clone(), Meaning::Dim));
            }
            right.push((format!("{fresh} "), meaning));
            right
        };
        let space = |right: &[(String, Meaning)]| {
            let width: usize = right.iter().map(|(text, _)| text.width()).sum();
            usize::from(area.width).saturating_sub(width + 1)
        };
        let mut place = self.place(canvas, roomy);
        let mut pieces = right(true);
        if !place.fit(space(&pieces), &FIRST, canvas.signs().cut) {
            // How much isn't deployed is told by other panes too; where we are isn't.
            pieces = right(false);
            place.fit(space(&pieces), &THEN, canvas.signs().cut);
        }
        let left = u16::try_from(space(&pieces)).unwrap_or(area.width);
        let texts: Vec<Piece<'_>> = place.pieces().collect();
        canvas.line(Rect::new(area.x, area.y, left, 1), &texts);
        let pieces: Vec<Piece<'_>> = pieces.iter().map(|(t, m)| (t.as_str(), *m)).collect();
        canvas.line_right(area, &pieces);
        if self.is_on_production() {
            canvas.paint(area, Meaning::Danger);
        }
    }

    fn is_on_production(&self) -> bool {
        let stage = self.app.selection.stage.as_deref();
        stage.is_some_and(is_production)
    }

    /// Where we are, with what may be left out of it on a narrow terminal.
    fn place(&self, canvas: &Canvas<'_>, roomy: bool) -> Place {
        let app = &self.app;
        let dot = format!(" {} ", canvas.signs().dot);
        let mut place = Place::default();
        place.say(Worth::Kept, " ", Meaning::Text);
        if roomy {
            place.say(Worth::Decoration, "sluice  ", Meaning::Dim);
        }
        place.say(Worth::Session, app.session.name(), Meaning::Title);
        if app.session.owner_ended.is_some() {
            place.say(Worth::Kept, " ended", Meaning::Bad);
        }
        if roomy || app.session.is_aws() {
            let who = app.store.identity();
            match (&app.session.account, who.error()) {
                (Some(account), _) => {
                    place.say(Worth::Account, format!(" {account}"), Meaning::Text);
                }
                (None, Some(error)) => {
                    let why = if roomy {
                        format!(": {}", error.code())
                    } else {
                        String::new()
                    };
                    place.say(Worth::Account, format!(" ? account{why}"), Meaning::Warn);
                }
                (None, None) => {}
            }
        }
        if let Some(region) = app.session.known_region() {
            place.say(Worth::Region, format!(" {region}"), Meaning::Text);
        }
        if app.session.read_only {
            place.say(Worth::Kept, " read-only", Meaning::Warn);
        }
        if let Some(api) = &app.selection.api {
            place.say(Worth::Api, dot.clone(), Meaning::Dim);
            place.say(Worth::Api, api.name.clone(), Meaning::Title);
            if roomy {
                place.say(Worth::ApiId, format!(" {}", api.id), Meaning::Dim);
            }
        }
        if let Some(stage) = &app.selection.stage {
            let word = if roomy { "stage " } else { "" };
            place.say(Worth::Kept, dot.clone(), Meaning::Dim);
            place.say(Worth::Kept, word, Meaning::Text);
            place.say(Worth::Stage, stage.clone(), Meaning::Text);
        }
        if self.is_on_production() {
            place.say(Worth::Kept, dot, Meaning::Dim);
            place.say(Worth::Kept, "PROD", Meaning::Title);
        }
        place
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
        // Who we are is read once; its failure is told where the account stands.
        for query in self.needs().into_iter().filter(|q| *q != Query::Identity) {
            match app.store.get(&query) {
                Remote::Never
                | Remote::Loading { .. }
                | Remote::Failed {
                    refreshing: true, ..
                } => waiting = true,
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

    /// Panes by number; the current one by name. Gives where each stands, for the mouse.
    pub(super) fn draw_tabs(&self, canvas: &mut Canvas<'_>, area: Rect) -> Vec<(Rect, usize)> {
        let roomy = area.width >= ROOMY;
        let mut tabs = Vec::new();
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
            tabs.push((Rect::new(begin, area.y, x - begin, 1), index));
            x += 1;
        }
        let help = self.keymap.key_of("global.help");
        canvas.line_right(area, &[(&help, Meaning::Key), (" help ", Meaning::Dim)]);
        tabs
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
        let toasts = &self.app.toasts;
        if let Some(toast) = toasts.current() {
            return match toast.level {
                Level::Done => vec![
                    (format!("{} ", signs.on), Meaning::Good),
                    (canvas.words(&toast.text), Meaning::Text),
                ],
                Level::Note => vec![(canvas.words(&toast.text), Meaning::Text)],
                Level::Failed => {
                    let more = match toasts.unseen() {
                        0 => String::new(),
                        n => format!(", {n} more"),
                    };
                    vec![(format!("{} any key goes on{more}", signs.bad), Meaning::Bad)]
                }
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
                format!(
                    "/{}  {} shows all",
                    self.filter.text(),
                    self.keymap.key_of("move.back")
                ),
                Meaning::Match,
            )];
        }
        Vec::new()
    }

    /// An error above the footer until a key is pressed: in full where it has room, else with a sign that says so.
    pub(super) fn draw_error(&self, canvas: &mut Canvas<'_>, body: Rect) {
        let toasts = &self.app.toasts;
        let Some(toast) = toasts.current().filter(|t| t.level == Level::Failed) else {
            return;
        };
        let text = canvas.words(&toast.text);
        let lines = wrap(&text, usize::from(body.width) - 2);
        let most = ERROR_ROWS.max(body.height / 3);
        let rows = u16::try_from(lines.len()).unwrap_or(most).min(most);
        let area = Rect::new(body.x, body.bottom() - rows - 1, body.width, rows + 1);
        canvas.clear(area);
        canvas.rule(area, &[]);
        for (line, y) in lines.iter().zip(area.y + 1..area.bottom()) {
            canvas.put(area.x + 1, y, area.width - 2, line, Meaning::Bad);
        }
        if lines.len() > usize::from(rows) {
            let more = format!(" {} ", canvas.signs().cut);
            let key = self.keymap.key_of("global.calls");
            let last = Rect::new(area.x, area.bottom() - 1, area.width - 1, 1);
            let pieces = [
                (more.as_str(), Meaning::Bad),
                (key.as_str(), Meaning::Key),
                (" shows all", Meaning::Text),
            ];
            canvas.line_right(last, &pieces);
        }
    }
}

//! What a stage serves and how: its right side.

use ratatui::layout::Rect;

use super::{Focus, state};
use crate::aws::Api;
use crate::console::app::{App, Remote};
use crate::console::ui::canvas::{Canvas, Piece, age, ago};
use crate::console::ui::layout::titled;
use crate::console::ui::panes::chosen::variable_names;
use crate::console::ui::status;
use crate::console::ui::theme::Meaning;
use crate::console::ui::widgets::{Column, Cursor, Row, key_values, table};
use crate::model::{Deployment, MethodSetting, Stage};

/// Rows that the variables get at most, with their heading; the rest scrolls.
const VARIABLE_ROWS: u16 = 7;

/// What is drawn.
pub(super) struct Detail<'a> {
    pub(super) app: &'a App,
    pub(super) api: &'a Api,
    pub(super) stage: &'a Stage,
    pub(super) deployments: &'a Remote<&'a [Deployment]>,
    pub(super) focus: Focus,
}

/// The parts of `area` from `top` on, at most `rows` high.
fn rows(area: Rect, top: u16, rows: u16) -> Rect {
    let y = (area.y + top).min(area.bottom());
    Rect::new(area.x, y, area.width, rows.min(area.bottom() - y))
}

impl Detail<'_> {
    pub(super) fn draw(
        &self,
        canvas: &mut Canvas<'_>,
        area: Rect,
        variables: &mut Cursor<String>,
        deployments: &mut Cursor<String>,
    ) {
        let stage = self.stage;
        let body = titled(canvas, area, &stage.stage_name, self.focus != Focus::List);
        let url = self.app.session.stage_url(&self.api.id, &stage.stage_name);
        let space = u16::try_from(stage.stage_name.chars().count()).unwrap_or(0) + 4;
        let at = Rect::new(area.x + space, area.y, area.width.saturating_sub(space), 1);
        canvas.line_right(at, &[(&url, Meaning::Link)]);
        let mut top = self.draw_served(canvas, body);
        top += self.draw_variables(canvas, rows(body, top, VARIABLE_ROWS), variables);
        top += self.draw_settings(canvas, rows(body, top, 4));
        self.draw_deployments(canvas, rows(body, top, body.height), deployments);
    }

    /// The deployments that are served, and what isn't deployed.
    fn draw_served(&self, canvas: &mut Canvas<'_>, area: Rect) -> u16 {
        let (state, meaning) = state(self.app, self.stage, canvas.signs());
        let mut used = self.served_line(canvas, area, "deployment", &self.stage.deployment_id);
        let badge = if meaning == Meaning::Changed {
            format!("{state} not deployed")
        } else {
            state
        };
        canvas.line_right(area, &[(&badge, meaning)]);
        if let Some(canary) = &self.stage.canary_settings {
            let at = rows(area, used, 1);
            let id = canary.deployment_id.as_deref().unwrap_or_default();
            self.served_line(canvas, at, "canary", id);
            let share = format!(
                "{} {} % of requests",
                canvas.signs().half,
                canary.percent_traffic
            );
            canvas.line_right(at, &[(&share, Meaning::ChartOther)]);
            used += 1;
        }
        used
    }

    fn served_line(&self, canvas: &mut Canvas<'_>, area: Rect, name: &str, id: &str) -> u16 {
        let known = self.deployments.value();
        let found = known.and_then(|all| all.iter().find(|d| d.id == id));
        let when = found.map(|d| ago(canvas.now(), d.created_date));
        let about = found
            .and_then(|d| d.description.clone())
            .unwrap_or_default();
        let name = format!("{name:<11}");
        let when = format!("  {}  ", when.unwrap_or_default());
        canvas.line(
            area,
            &[
                (&name, Meaning::Dim),
                (id, Meaning::Title),
                (&when, Meaning::Dim),
                (&about, Meaning::Text),
            ],
        );
        1
    }

    fn draw_variables(
        &self,
        canvas: &mut Canvas<'_>,
        area: Rect,
        cursor: &mut Cursor<String>,
    ) -> u16 {
        let canary = self.stage.canary_settings.as_ref();
        let names = variable_names(self.stage);
        let half = area.width / 2 + 4;
        let beside = if canary.is_some() { "canary" } else { "" };
        canvas.rule(area, &[(2, "variables"), (half, beside)]);
        let body = rows(area, 1, area.height.saturating_sub(1));
        if names.is_empty() {
            canvas.line(body, &[("  none", Meaning::Dim)]);
            return 2;
        }
        let focused = self.focus == Focus::Variables;
        let none = canvas.signs().none;
        let overrides = canary.and_then(|c| c.stage_variable_overrides.as_ref());
        let columns = [
            Column::left("", 16),
            Column::left("", half.saturating_sub(22)),
            Column::left("", 0),
        ];
        let row = |index: usize| -> Row {
            let name = &names[index];
            let own = self.stage.variables.as_ref().and_then(|v| v.get(name));
            let mut row = vec![
                (name.clone(), Meaning::Text),
                (own.map_or(none, String::as_str).to_owned(), Meaning::Text),
            ];
            if canary.is_some() {
                let value = overrides.and_then(|v| v.get(name));
                let value =
                    value.map_or((none, Meaning::Dim), |v| (v.as_str(), Meaning::ChartOther));
                row.push((value.0.to_owned(), value.1));
            }
            row
        };
        let count = u16::try_from(names.len())
            .unwrap_or(u16::MAX)
            .min(body.height);
        let body = Rect {
            height: count,
            ..body
        };
        table(canvas, body, &columns, names.len(), cursor, focused, row);
        1 + count
    }

    fn draw_settings(&self, canvas: &mut Canvas<'_>, area: Rect) -> u16 {
        let all = self.stage.method_settings.get("*/*");
        let own = self.stage.method_settings.len() - usize::from(all.is_some());
        let words = match own {
            0 => "all methods".to_owned(),
            1 => "all methods, 1 has its own".to_owned(),
            n => format!("all methods, {n} have their own"),
        };
        canvas.rule(area, &[(2, "settings"), (15, &words)]);
        let throttle = throttle(all);
        let cache = self.cache(all);
        let logging = logging(all, self.stage.tracing_enabled);
        let pairs: [(&str, Vec<Piece<'_>>); 3] = [
            ("  throttle", vec![(&throttle, Meaning::Text)]),
            ("  cache", vec![(&cache, Meaning::Text)]),
            ("  logging", vec![(&logging, Meaning::Text)]),
        ];
        1 + key_values(canvas, rows(area, 1, 3), &pairs)
    }

    fn cache(&self, settings: Option<&MethodSetting>) -> String {
        if !self.stage.cache_cluster_enabled {
            return "off".to_owned();
        }
        let size = self.stage.cache_cluster_size.as_deref().unwrap_or("?");
        let methods = match settings.filter(|s| s.caching_enabled) {
            Some(settings) => format!("{} s", settings.cache_ttl_in_seconds),
            None => "for no method".to_owned(),
        };
        format!(
            "{size} GB, {methods}, {}",
            self.stage.cache_cluster_status.to_lowercase()
        )
    }

    fn draw_deployments(&self, canvas: &mut Canvas<'_>, area: Rect, cursor: &mut Cursor<String>) {
        canvas.rule(area, &[(2, "deployments")]);
        let body = rows(area, 1, area.height.saturating_sub(1));
        let remote = status::remote(canvas, body, self.app, self.deployments, "deployments");
        let Some((all, body)) = remote else {
            return;
        };
        let now = canvas.now();
        let none = canvas.signs().none;
        let columns = [
            Column::left("", 7),
            Column::right("", 5),
            Column::left("", 24),
            Column::left("", 0),
        ];
        let row = |index: usize| -> Row {
            let deployment = &all[index];
            let (role, meaning) = self.role(&deployment.id, none);
            let about = deployment.description.as_deref().unwrap_or(none);
            vec![
                (deployment.id.clone(), Meaning::Text),
                (age(now, deployment.created_date), Meaning::Dim),
                (role, meaning),
                (about.to_owned(), Meaning::Dim),
            ]
        };
        let focused = self.focus == Focus::Deployments;
        table(canvas, body, &columns, all.len(), cursor, focused, row);
    }

    /// Which stages serve a deployment.
    fn role(&self, id: &str, none: &str) -> (String, Meaning) {
        let stages = self.app.store.stages(&self.api.id);
        let mut roles = Vec::new();
        let mut here = false;
        for stage in stages.value().copied().unwrap_or_default() {
            let own = stage.stage_name == self.stage.stage_name;
            if stage.deployment_id == id {
                roles.push(stage.stage_name.clone());
                here |= own;
            }
            let canary = stage.canary_settings.as_ref();
            if canary.is_some_and(|c| c.deployment_id.as_deref() == Some(id)) {
                roles.push(format!("canary of {}", stage.stage_name));
                here |= own;
            }
        }
        match (roles.is_empty(), here) {
            (true, _) => (none.to_owned(), Meaning::Dim),
            (false, true) => (roles.join(", "), Meaning::Good),
            (false, false) => (roles.join(", "), Meaning::Text),
        }
    }
}

fn throttle(settings: Option<&MethodSetting>) -> String {
    match settings {
        Some(s) if s.throttling_rate_limit >= 0.0 && s.throttling_burst_limit >= 0 => {
            let off = if s.throttling_rate_limit == 0.0 {
                "off: "
            } else {
                ""
            };
            format!(
                "{off}{}/s, burst {}",
                s.throttling_rate_limit, s.throttling_burst_limit
            )
        }
        _ => "the account's".to_owned(),
    }
}

fn logging(settings: Option<&MethodSetting>, traced: bool) -> String {
    let level = settings.and_then(|s| s.logging_level.as_deref());
    let mut words = match level {
        Some("INFO") => "info".to_owned(),
        Some("ERROR") => "errors".to_owned(),
        _ => "off".to_owned(),
    };
    if settings.is_some_and(|s| s.data_trace_enabled) {
        words.push_str(" + data");
    }
    if settings.is_some_and(|s| s.metrics_enabled) {
        words.push_str(", metrics per method");
    }
    if traced {
        words.push_str(", traced");
    }
    words
}

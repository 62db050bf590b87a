//! What goes over the line: little for a movement, nothing when nothing moves.

use std::time::Duration;

use crate::support::{Gateway, mock_api};
use crate::terminal::Terminal;

/// A gateway with an API of many resources.
async fn gateway() -> Gateway {
    let gateway = Gateway::start();
    let client = gateway.apigateway();
    let (api, _) = mock_api(&client, "one").await;
    let root = client
        .get_resources()
        .rest_api_id(&api)
        .send()
        .await
        .unwrap();
    let root = root.items()[0].id().unwrap().to_owned();
    for n in 0..40 {
        let create = client.create_resource().rest_api_id(&api).parent_id(&root);
        create
            .path_part(format!("resource-{n:02}"))
            .send()
            .await
            .unwrap();
    }
    client
        .create_deployment()
        .rest_api_id(&api)
        .stage_name("dev")
        .send()
        .await
        .unwrap();
    gateway
}

async fn moves(columns: u16, rows: u16) -> (Terminal, Vec<usize>) {
    let gateway = gateway().await;
    let url = gateway.url();
    let measure = move || {
        let mut terminal = Terminal::open(columns, rows, &["--endpoint-url", &url]);
        terminal.wait_for("mock");
        terminal.press("\r");
        terminal.wait_for("/resource-0");
        terminal.rest();
        let mut sizes = Vec::new();
        for _ in 0..9 {
            terminal.press("j");
            // The movement itself; the detail beside it follows 150 ms after the last key.
            sizes.push(terminal.next_bytes(Duration::from_millis(60)));
            terminal.rest();
        }
        sizes.sort_unstable();
        (terminal, sizes)
    };
    let result = tokio::task::spawn_blocking(measure).await.unwrap();
    gateway.stop();
    result
}

#[tokio::test]
async fn a_movement_costs_at_most_200_bytes_at_120x40() {
    let (_, sizes) = moves(120, 40).await;
    let median = sizes[sizes.len() / 2];
    assert!((1..=200).contains(&median), "{sizes:?}");
}

#[tokio::test]
async fn a_movement_costs_at_most_160_bytes_at_80x24() {
    let (_, sizes) = moves(80, 24).await;
    let median = sizes[sizes.len() / 2];
    assert!((1..=160).contains(&median), "{sizes:?}");
}

#[tokio::test]
async fn nothing_is_written_when_nothing_moves() {
    let (mut terminal, _) = moves(120, 40).await;
    assert_eq!(terminal.bytes_within(Duration::from_millis(1500)), 0);
}

#[test]
fn the_first_frame_is_small() {
    let gateway = Gateway::start();
    for (columns, rows, limit) in [(120, 40, 10_000), (80, 24, 5_000)] {
        let mut terminal = Terminal::open(columns, rows, &["--endpoint-url", &gateway.url()]);
        terminal.wait_for("No REST APIs");
        terminal.rest();
        assert!(
            terminal.written.len() < limit,
            "{} bytes",
            terminal.written.len()
        );
    }
}

//! What was served is counted and shown.

use std::time::Duration;

use crate::story::Story;

#[test]
fn requests_show_as_they_come() {
    let (mut story, api) = Story::with_api("hello");
    story.keys("enter 8").sees("requests");
    for _ in 0..3 {
        assert_eq!(story.get(&api, "/dev/hello").0, 200);
    }
    story.waits(Duration::from_secs(2)).keys("ctrl-r");
    let row = story
        .screen()
        .lines()
        .find(|line| line.starts_with(" requests"));
    let counts: Vec<&str> = row.unwrap().split_whitespace().take(3).collect();
    assert_eq!(counts[2], "3", "{}", story.screen());
}

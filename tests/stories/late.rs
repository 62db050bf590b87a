//! Answers that come when the user is elsewhere.

use crate::proxy::Fault;
use crate::story::Story;

#[test]
fn a_late_answer_of_another_api_is_not_shown() {
    let (mut ids, parts) = (Vec::new(), ["first", "second"]);
    let mut story = Story::with(async |client| {
        for part in parts {
            let api = client.create_rest_api().name(format!("api-{part}"));
            let api = api.send().await.unwrap();
            let resource = client.create_resource().rest_api_id(api.id().unwrap());
            let resource = resource.parent_id(api.root_resource_id().unwrap());
            resource
                .path_part(format!("of-{part}"))
                .send()
                .await
                .unwrap();
            ids.push(api.id().unwrap().to_owned());
        }
    });
    story.sees("api-first").sees("api-second");
    let resources = format!("/restapis/{}/resources", ids[0]);
    story.proxy.only(&resources, Fault::Hold);
    story.keys_of_first();
    story.proxy.wait_for(&resources);
    story.sees("loading resources").sees("api-first");

    story.hit("1").hit("down").hit("enter");
    story.until("the second API", |s| s.screen().contains("/of-second"));
    story.sees_no("of-first");
    story.proxy.set(Fault::None);
    story.idle().sees("/of-second").sees_no("of-first");
    story
        .keys("1 up enter")
        .sees("/of-first")
        .sees_no("of-second");
}

impl Story {
    /// Opens the first API of the list without waiting for what it holds.
    fn keys_of_first(&mut self) {
        self.hit("home").hit("enter");
    }
}

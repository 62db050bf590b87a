//! What happens beside the console while it runs, told by whoever started it: the gateway is up, the sample API is there.

use std::sync::mpsc::Sender;

use super::app::Message;
use super::looping::Wake;

/// The way into the console's loop from outside. When the console has ended, nobody listens any more, and nothing happens.
#[derive(Clone, Debug)]
pub struct Outside(Sender<Wake>);

/// What is told.
#[derive(Debug)]
pub(crate) enum News {
    /// The other side answers from now on.
    Ready,
    /// Something for the state.
    Tell(Box<Message>),
    /// What is on the screen has changed on the other side.
    Refresh,
    /// There will be no other side.
    Fail(String),
    /// The process that served has ended; whoever waits on the other end of the channel can serve in its place.
    OwnerEnded { pid: u32, take_over: Sender<()> },
}

impl Outside {
    pub(crate) const fn new(wakes: Sender<Wake>) -> Self {
        Self(wakes)
    }

    /// The other side answers: from now on it is asked.
    pub fn ready(&self) {
        self.send(News::Ready);
    }

    /// Changes the console's state, as a user could.
    pub fn tell(&self, message: Message) {
        self.send(News::Tell(Box::new(message)));
    }

    /// What is on the screen is asked again.
    pub fn refresh(&self) {
        self.send(News::Refresh);
    }

    /// Ends the console, for this reason.
    pub fn fail(&self, why: String) {
        self.send(News::Fail(why));
    }

    /// The process whose gateway the console is attached to has ended. The user is offered to take over: if they do, `take_over` is sent.
    pub fn owner_ended(&self, pid: u32, take_over: Sender<()>) {
        self.send(News::OwnerEnded { pid, take_over });
    }

    fn send(&self, news: News) {
        let _ = self.0.send(Wake::Outside(news));
    }
}

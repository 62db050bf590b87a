//! Where we are and what we may do there.

use crate::aws::{self, Cli, Target};

/// The session: target, region, account, and whether changes are allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// What we talk to.
    pub target: Target,
    /// The gateway runs inside this process: quitting stops serving.
    pub owns_gateway: bool,
    /// The process that served the data folder we are attached to, once it has ended.
    pub owner_ended: Option<u32>,
    /// The region that calls go to; empty until known (a profile may name it).
    pub region: String,
    /// Twelve digits; unknown until the target has answered who we are.
    pub account: Option<String>,
    /// The role or user, once known.
    pub role: Option<String>,
    /// Changes are refused.
    pub read_only: bool,
    cli: Cli,
}

impl Session {
    /// A session as it starts: on AWS read-only, unless `write` says otherwise.
    #[must_use]
    pub fn new(session: &aws::Session, owns_gateway: bool, write: bool) -> Self {
        Self {
            owns_gateway,
            owner_ended: None,
            region: session.region.clone().unwrap_or_default(),
            account: None,
            role: None,
            read_only: session.target.is_aws() && !write,
            cli: session.cli(),
            target: session.target.clone(),
        }
    }

    /// Whether this is real AWS, where mistakes cost.
    #[must_use]
    pub fn is_aws(&self) -> bool {
        self.target.is_aws()
    }

    /// The target in a word or two, for the context line.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.target {
            Target::Local { .. } => "local".to_owned(),
            Target::Endpoint { url, .. } => url
                .trim_start_matches("http://")
                .trim_start_matches("https://")
                .trim_end_matches('/')
                .to_owned(),
            Target::Aws { profile: None } => "AWS".to_owned(),
            Target::Aws {
                profile: Some(profile),
            } => format!("AWS {profile}"),
        }
    }

    /// What must be typed to allow changes in a read-only session: the account's number, or the profile's name while it isn't known.
    #[must_use]
    pub fn unlock_word(&self) -> String {
        match (&self.account, &self.target) {
            (Some(account), _) => account.clone(),
            (
                None,
                Target::Aws {
                    profile: Some(profile),
                },
            ) => profile.clone(),
            _ => "write".to_owned(),
        }
    }

    /// Where a stage answers. On other endpoints than AWS by path, so that no name needs to be resolved.
    #[must_use]
    pub fn stage_url(&self, api: &str, stage: &str) -> String {
        match self.target.url().filter(|_| !self.is_aws()) {
            Some(url) => format!(
                "{}/_aws/execute-api/{api}/{stage}",
                url.trim_end_matches('/')
            ),
            None => format!(
                "https://{api}.execute-api.{}.amazonaws.com/{stage}",
                self.region
            ),
        }
    }

    /// What AWS CLI commands need to reach the same place.
    #[must_use]
    pub fn cli(&self) -> &Cli {
        &self.cli
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use super::Session;
    use crate::aws::{self, Target};

    fn session(target: Target, write: bool) -> Session {
        let session = aws::Session {
            target,
            region: Some("us-east-1".to_owned()),
        };
        Session::new(&session, false, write)
    }

    /// A session on a bundled gateway.
    pub(crate) fn local() -> Session {
        let endpoint = "http://127.0.0.1:4566".to_owned();
        session(Target::Local { endpoint }, false)
    }

    /// A session on AWS with the profile `work`, writing only if told so.
    pub(crate) fn aws(write: bool) -> Session {
        let profile = Some("work".to_owned());
        session(Target::Aws { profile }, write)
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{aws, local};

    #[test]
    fn aws_starts_read_only() {
        assert!(aws(false).read_only);
        assert!(!aws(true).read_only);
        assert!(!local().read_only);
    }

    #[test]
    fn stages_have_their_urls() {
        assert_eq!(
            local().stage_url("a1", "prod"),
            "http://127.0.0.1:4566/_aws/execute-api/a1/prod"
        );
        assert_eq!(
            aws(false).stage_url("a1", "prod"),
            "https://a1.execute-api.us-east-1.amazonaws.com/prod"
        );
    }
}

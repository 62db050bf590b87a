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
    /// The region that calls go to; unknown until the clients are made, for a profile may name it.
    region: Option<String>,
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
            region: session.known_region(),
            account: None,
            role: None,
            read_only: session.target.is_aws() && !write,
            cli: session.cli(),
            target: session.target.clone(),
        }
    }

    /// Calls go to this region.
    pub(super) fn learn_region(&mut self, region: String) {
        self.cli.region = Some(region.clone());
        self.region = Some(region);
    }

    /// The region that calls go to, in words.
    #[must_use]
    pub fn region(&self) -> &str {
        self.region.as_deref().unwrap_or("its region")
    }

    /// The region that calls go to, once it is known.
    #[must_use]
    pub fn known_region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// Whether this may be real AWS, where mistakes cost.
    #[must_use]
    pub fn is_aws(&self) -> bool {
        self.target.is_aws()
    }

    /// The target in a word or two, for the context line.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.target {
            Target::Local { .. } => match self.target.unusual_port() {
                None => "local".to_owned(),
                Some(port) => format!("local :{port}"),
            },
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

    /// Where a stage answers. On other endpoints than AWS's own by path, so that no name needs to be resolved.
    #[must_use]
    pub fn stage_url(&self, api: &str, stage: &str) -> String {
        if let Some(url) = self.target.url().filter(|_| !self.target.has_aws_host()) {
            let url = url.trim_end_matches('/');
            return format!("{url}/_aws/execute-api/{api}/{stage}");
        }
        let region = self.region.as_deref().unwrap_or("<region>");
        // China's regions have a domain of their own.
        let end = if region.starts_with("cn-") { ".cn" } else { "" };
        format!("https://{api}.execute-api.{region}.amazonaws.com{end}/{stage}")
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

    fn session(target: Target, region: Option<&str>, write: bool) -> Session {
        let region = region.map(str::to_owned);
        Session::new(&aws::Session { target, region }, false, write)
    }

    /// A session on a bundled gateway.
    pub(crate) fn local() -> Session {
        at("http://127.0.0.1:4566")
    }

    /// A session on a bundled gateway at this URL.
    pub(crate) fn at(url: &str) -> Session {
        let endpoint = url.to_owned();
        session(Target::Local { endpoint }, Some("us-east-1"), false)
    }

    /// A session on an endpoint on this machine with the credentials of the profile `work`: a tunnel to AWS, perhaps.
    pub(crate) fn tunnel() -> Session {
        let profile = Some("work".to_owned());
        let target = Target::endpoint("http://127.0.0.1:8443", profile, false).unwrap();
        session(target, None, false)
    }

    /// A session on AWS whose profile may name the region.
    pub(crate) fn somewhere() -> Session {
        let profile = Some("work".to_owned());
        session(Target::Aws { profile }, None, true)
    }

    /// A session on AWS with the profile `work`, writing only if told so.
    pub(crate) fn aws(write: bool) -> Session {
        let profile = Some("work".to_owned());
        session(Target::Aws { profile }, Some("us-east-1"), write)
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{at, aws, local, somewhere, tunnel};

    #[test]
    fn aws_starts_read_only_and_so_does_whatever_gets_real_credentials() {
        assert!(aws(false).read_only);
        assert!(!aws(true).read_only);
        assert!(!local().read_only);
        assert!(tunnel().read_only && tunnel().is_aws());
    }

    #[test]
    fn a_gateway_at_an_unusual_port_is_named_with_it() {
        assert_eq!(local().name(), "local");
        assert_eq!(at("http://127.0.0.1:41234").name(), "local :41234");
    }

    #[test]
    fn a_region_is_told_once_it_is_known() {
        let mut session = somewhere();
        assert_eq!(session.cli().region, None);
        let url = session.stage_url("a1", "prod");
        assert!(!url.contains(".."), "{url}");
        session.learn_region("eu-north-1".to_owned());
        assert_eq!(session.cli().region.as_deref(), Some("eu-north-1"));
        assert_eq!(session.region(), "eu-north-1");
        assert_eq!(
            session.stage_url("a1", "prod"),
            "https://a1.execute-api.eu-north-1.amazonaws.com/prod"
        );
        session.learn_region("cn-north-1".to_owned());
        assert_eq!(
            session.stage_url("a1", "prod"),
            "https://a1.execute-api.cn-north-1.amazonaws.com.cn/prod"
        );
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
        assert_eq!(
            tunnel().stage_url("a1", "prod"),
            "http://127.0.0.1:8443/_aws/execute-api/a1/prod"
        );
    }
}

//! Where we are and what we may do there.

use crate::aws::Cli;

/// What the console talks to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Site {
    /// The bundled gateway, in this process or another one.
    Local {
        /// Its URL.
        url: String,
        /// It runs inside this process: quitting stops serving.
        owned: bool,
    },
    /// Some other endpoint that speaks AWS's protocols.
    Endpoint {
        /// Its URL.
        url: String,
    },
    /// AWS itself.
    Aws {
        /// The profile, if one was named.
        profile: Option<String>,
    },
}

/// The session: site, region, account, and whether changes are allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// What we talk to.
    pub site: Site,
    /// The region that calls go to.
    pub region: String,
    /// Twelve digits; unknown until the site has answered who we are.
    pub account: Option<String>,
    /// The role or user, once known.
    pub role: Option<String>,
    /// Changes are refused.
    pub read_only: bool,
}

impl Session {
    /// A session as it starts: on AWS read-only, unless `write` says otherwise.
    #[must_use]
    pub fn new(site: Site, region: impl Into<String>, write: bool) -> Self {
        let read_only = matches!(site, Site::Aws { .. }) && !write;
        Self {
            site,
            region: region.into(),
            account: None,
            role: None,
            read_only,
        }
    }

    /// Whether this is real AWS, where mistakes cost.
    #[must_use]
    pub fn is_aws(&self) -> bool {
        matches!(self.site, Site::Aws { .. })
    }

    /// Whether this is the bundled gateway, which answers fast and knows more than AWS tells.
    #[must_use]
    pub fn is_local(&self) -> bool {
        matches!(self.site, Site::Local { .. })
    }

    /// The site in a word or two, for the context line.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.site {
            Site::Local { .. } => "local".to_owned(),
            Site::Endpoint { url } => url
                .trim_start_matches("http://")
                .trim_start_matches("https://")
                .trim_end_matches('/')
                .to_owned(),
            Site::Aws { profile: None } => "AWS".to_owned(),
            Site::Aws {
                profile: Some(profile),
            } => format!("AWS {profile}"),
        }
    }

    /// What must be typed to allow changes in a read-only session: the account's number, or the profile's name while it isn't known.
    #[must_use]
    pub fn unlock_word(&self) -> String {
        match (&self.account, &self.site) {
            (Some(account), _) => account.clone(),
            (
                None,
                Site::Aws {
                    profile: Some(profile),
                },
            ) => profile.clone(),
            _ => "write".to_owned(),
        }
    }

    /// Where a stage answers. Locally by path, so that no name needs to be resolved.
    #[must_use]
    pub fn stage_url(&self, api: &str, stage: &str) -> String {
        match &self.site {
            Site::Local { url, .. } | Site::Endpoint { url } => {
                format!("{}/_aws/execute-api/{api}/{stage}", url.trim_end_matches('/'))
            }
            Site::Aws { .. } => format!(
                "https://{api}.execute-api.{}.amazonaws.com/{stage}",
                self.region
            ),
        }
    }

    /// What AWS CLI commands need to reach the same place.
    #[must_use]
    pub fn cli(&self) -> Cli {
        let (endpoint_url, profile) = match &self.site {
            Site::Local { url, .. } | Site::Endpoint { url } => (Some(url.clone()), None),
            Site::Aws { profile } => (None, profile.clone()),
        };
        Cli {
            endpoint_url,
            region: self.region.clone(),
            profile,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aws_starts_read_only() {
        let aws = || Site::Aws { profile: None };
        let local = Site::Local {
            url: "http://127.0.0.1:4566".to_owned(),
            owned: true,
        };
        assert!(Session::new(aws(), "eu-west-1", false).read_only);
        assert!(!Session::new(aws(), "eu-west-1", true).read_only);
        assert!(!Session::new(local, "us-east-1", false).read_only);
    }
}

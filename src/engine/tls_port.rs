//! The port that TLS is spoken on: its listeners, and the authority behind its certificates.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::gateway::Gateway;
use super::server::{Authority, Tls, bind};
use super::store::Location;
use super::{AuthorityError, StartError};
use crate::base::Clock;

/// Where TLS is spoken, and what clients must trust for it.
#[derive(Clone, Debug)]
pub struct TlsAddress {
    /// Where it listens.
    pub addr: SocketAddr,
    /// The file with the authority's certificate, as PEM; nothing when that is kept in memory and found under `/_sluice/ca.pem` only.
    pub authority: Option<PathBuf>,
}

/// The port.
pub(super) struct TlsPort {
    listeners: Vec<TcpListener>,
    tls: Arc<Tls>,
    pub(super) address: TlsAddress,
    /// The authority's certificate, as PEM.
    pub(super) authority: Arc<str>,
}

impl TlsPort {
    /// Listens with `count` listeners; `hosts` are the names that `--host` gave.
    pub(super) fn open(
        address: SocketAddr,
        count: usize,
        location: &Location,
        hosts: &[String],
        gateway: &Arc<Gateway>,
        clock: &Clock,
    ) -> Result<Self, StartError> {
        let listening = |source| StartError::Listen { address, source };
        let listeners = bind(address, count).map_err(listening)?;
        let addr = listeners
            .first()
            .map_or(Ok(address), TcpListener::local_addr);
        let addr = addr.map_err(listening)?;
        let folder = match location {
            Location::Memory => None,
            Location::Folder(folder) => Some(folder.as_path()),
        };
        let authority = Authority::open(folder, clock.now())?;
        let address = TlsAddress {
            addr,
            authority: authority.file().map(Path::to_owned),
        };
        let pem = Arc::from(authority.pem());
        let hosts = hosts.to_vec();
        let tls = Tls::new(
            authority,
            Arc::clone(gateway),
            clock.clone(),
            hosts,
            addr.ip(),
        );
        Ok(Self {
            listeners,
            tls: Arc::new(tls.map_err(AuthorityError::Unusable)?),
            address,
            authority: pem,
        })
    }

    /// A listener for each data runtime.
    pub(super) fn into_listeners(self) -> impl Iterator<Item = (TcpListener, Arc<Tls>)> {
        let tls = self.tls;
        let listeners = self.listeners.into_iter();
        listeners.map(move |listener| (listener, Arc::clone(&tls)))
    }
}

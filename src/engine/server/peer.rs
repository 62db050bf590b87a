//! Whose process is at the other end of a loopback connection.

use std::net::{IpAddr, SocketAddr};

/// Whether a connection comes from our own user's process, or root's.
///
/// Only Linux can tell, and only for loopback; elsewhere every connection counts as ours. Where it can tell but finds nobody (the
/// process is gone already), the connection doesn't count as ours.
pub(crate) fn is_own_user(peer: SocketAddr, local: SocketAddr) -> bool {
    if !cfg!(target_os = "linux") || !peer.ip().to_canonical().is_loopback() {
        return true;
    }
    let own = rustix::process::getuid().as_raw();
    ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .filter_map(|table| std::fs::read_to_string(table).ok())
        .find_map(|table| user_of(&table, peer, local))
        // Root can read our memory: keeping it out would protect nothing.
        .is_some_and(|user| user == own || user == 0)
}

/// The user id of the process that opened the connection from `peer` to `local`, by the kernel's table of connections.
fn user_of(table: &str, peer: SocketAddr, local: SocketAddr) -> Option<u32> {
    table.lines().skip(1).find_map(|line| {
        let mut fields = line.split_ascii_whitespace().skip(1);
        let from = address(fields.next()?)?;
        let to = address(fields.next()?)?;
        // Seen from the client's side: its own address comes first.
        if !same(from, peer) || !same(to, local) {
            return None;
        }
        let user = fields.nth(4)?.parse().ok()?;
        // A connection that its process has closed belongs to nobody: the kernel prints user 0 and no inode.
        (fields.nth(1)? != "0").then_some(user)
    })
}

fn same(a: SocketAddr, b: SocketAddr) -> bool {
    a.port() == b.port() && a.ip().to_canonical() == b.ip().to_canonical()
}

/// An address as the kernel prints it: words of the machine's byte order in hexadecimal, then the port.
fn address(text: &str) -> Option<SocketAddr> {
    let (ip, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let mut bytes = Vec::with_capacity(16);
    for at in (0..ip.len()).step_by(8) {
        bytes.extend(
            u32::from_str_radix(ip.get(at..at + 8)?, 16)
                .ok()?
                .to_ne_bytes(),
        );
    }
    let ip = match <[u8; 4]>::try_from(bytes.as_slice()) {
        Ok(v4) => IpAddr::from(v4),
        Err(_) => IpAddr::from(<[u8; 16]>::try_from(bytes).ok()?),
    };
    Some(SocketAddr::new(ip, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_endian = "little")]
    #[test]
    fn the_client_side_of_the_connection_names_the_user() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:11D6 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 22222 1
   1: 0100007F:C350 0100007F:11D6 01 00000000:00000000 00:00000000 00000000  1001        0 11111 1
";
        let (peer, local) = (
            "127.0.0.1:50000".parse().unwrap(),
            "127.0.0.1:4566".parse().unwrap(),
        );
        assert_eq!(user_of(table, peer, local), Some(1001));
        assert_eq!(user_of(table, local, peer), Some(1000));
        assert_eq!(
            user_of(table, "127.0.0.1:50001".parse().unwrap(), local),
            None
        );
        let closed = table.replace("11111", "0");
        assert_eq!(user_of(&closed, peer, local), None);
        let mapped = "h\n 0: 0000000000000000FFFF00000100007F:C350 0000000000000000FFFF00000100007F:11D6 01 0:0 0:0 0 1002 0 7 1\n";
        assert_eq!(user_of(mapped, peer, local), Some(1002));
    }

    #[test]
    fn our_own_connection_is_ours() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (_, peer) = listener.accept().unwrap();
        assert_eq!(client.local_addr().unwrap(), peer);
        assert!(is_own_user(peer, listener.local_addr().unwrap()));
    }
}

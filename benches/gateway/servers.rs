//! Who serves: this process's own threads, nginx and haproxy where they are installed.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;

use crate::BODY;

/// A server that answers everything with `BODY`, on a thread of its own.
pub(crate) fn bare_hyper(name: &str) -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let serve = async move {
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            tokio::task::spawn_local(async move {
                let service = service_fn(|_: Request<Incoming>| async {
                    let mut answer = Response::new(Full::new(Bytes::from_static(BODY.as_bytes())));
                    answer
                        .headers_mut()
                        .insert(CONTENT_TYPE, "application/json".parse().unwrap());
                    Ok::<_, Infallible>(answer)
                });
                let _ = http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    };
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            tokio::task::LocalSet::new().block_on(&runtime, serve);
        })
        .unwrap();
    address
}

/// Who serves.
pub(crate) enum Server {
    /// A thread of this process, by name.
    Thread(&'static str),
    /// Another process.
    Process(Child),
}

impl Server {
    /// CPU time that it has used, in nanoseconds.
    pub(crate) fn time(&self) -> u64 {
        let (process, name) = match self {
            Self::Thread(name) => ("self".to_owned(), Some(*name)),
            Self::Process(child) => (child.id().to_string(), None),
        };
        fs::read_dir(format!("/proc/{process}/task"))
            .unwrap()
            .filter_map(|task| {
                let path = task.unwrap().path();
                let comm = fs::read_to_string(path.join("comm")).ok()?;
                name.is_none_or(|name| comm.trim() == name).then_some(())?;
                let times = fs::read_to_string(path.join("schedstat")).ok()?;
                times.split(' ').next()?.parse::<u64>().ok()
            })
            .sum()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Self::Process(child) = self {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Ports that were free a moment ago.
pub(crate) fn free_ports<const N: usize>() -> [SocketAddr; N] {
    let bound = [(); N].map(|()| std::net::TcpListener::bind("127.0.0.1:0").unwrap());
    bound.map(|listener| listener.local_addr().unwrap())
}

/// Starts another server and waits until it listens; nothing if it isn't installed.
pub(crate) fn peer(program: &str, arguments: &[&str], address: SocketAddr) -> Option<Server> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null());
    let command = command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut server = Server::Process(command.spawn().ok()?);
    while TcpStream::connect(address).is_err() {
        if let Server::Process(child) = &mut server
            && child.try_wait().unwrap().is_some()
        {
            println!("{program} is installed but doesn't start: left out");
            return None;
        }
        std::thread::yield_now();
    }
    Some(server)
}

/// nginx: a plain proxy; keys and a limit by key before a body from memory; the same before a proxy; a cache before a proxy.
pub(crate) struct Nginx {
    pub(crate) server: Server,
    pub(crate) proxy: SocketAddr,
    pub(crate) limited: SocketAddr,
    pub(crate) limited_proxy: SocketAddr,
    pub(crate) cached: SocketAddr,
}

/// Writes the configuration and starts it.
pub(crate) fn nginx(folder: &Path, backend: SocketAddr, keys: &[String]) -> Option<Nginx> {
    let [proxy, limited, limited_proxy, cached] = free_ports();
    let at = folder.display();
    let mut map = String::new();
    for (n, key) in keys.iter().enumerate() {
        let _ = writeln!(map, "{key} plan{n};");
    }
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {at}/{kind};"))
        .concat();
    let limit = "if ($plan = \"\") { return 403; } limit_req zone=keys burst=20000 nodelay;";
    let text = format!(
        "daemon off; master_process off; worker_processes 1; pid {at}/pid; error_log stderr crit;
        events {{ worker_connections 1024; }}
        http {{ access_log off; keepalive_requests 100000000; proxy_http_version 1.1; proxy_set_header Connection \"\"; {temporary}
        upstream backend {{ server {backend}; keepalive 64; keepalive_requests 100000000; }}
        map_hash_max_size 65536; map_hash_bucket_size 128; map $http_x_api_key $plan {{ default \"\"; {map} }}
        limit_req_zone $plan zone=keys:16m rate=100000r/s; limit_req_status 429;
        proxy_cache_path {at}/cache levels=1:2 keys_zone=cache:16m max_size=256m inactive=10m use_temp_path=off;
        server {{ listen {proxy}; location / {{ proxy_pass http://backend; }} }}
        server {{ listen {limited}; location / {{ {limit} empty_gif; }} }}
        server {{ listen {limited_proxy}; location / {{ {limit} proxy_pass http://backend; }} }}
        server {{ listen {cached}; location / {{ proxy_cache cache; proxy_cache_key $uri; proxy_cache_valid 200 10m; proxy_pass http://backend; }} }} }}"
    );
    let file = folder.join("nginx.conf");
    fs::write(&file, text).unwrap();
    let arguments = ["-p", folder.to_str()?, "-c", file.to_str()?];
    Some(Nginx {
        server: peer("nginx", &arguments, proxy)?,
        proxy,
        limited,
        limited_proxy,
        cached,
    })
}

/// haproxy: keys and a limit by key before a proxy.
pub(crate) fn haproxy(
    folder: &Path,
    backend: SocketAddr,
    keys: &[String],
) -> Option<(Server, SocketAddr)> {
    let [address] = free_ports();
    let map = folder.join("keys.map");
    fs::write(&map, keys.join(" plan\n") + " plan\n").unwrap();
    let text = format!(
        "global\n nbthread 1\ndefaults\n mode http\n timeout client 60s\n timeout server 60s\n timeout connect 5s\n\
         frontend keys\n bind {address}\n\
         \x20http-request deny deny_status 403 unless {{ req.hdr(x-api-key),map_str({}) -m found }}\n\
         \x20stick-table type string len 64 size 100k expire 10m store http_req_rate(10s)\n\
         \x20http-request track-sc0 req.hdr(x-api-key)\n\
         \x20http-request deny deny_status 429 if {{ sc_http_req_rate(0) gt 100000000 }}\n\
         \x20default_backend one\nbackend one\n server one {backend}\n",
        map.display()
    );
    let file = folder.join("haproxy.cfg");
    fs::write(&file, text).unwrap();
    let server = peer("haproxy", &["-db", "-f", file.to_str()?], address)?;
    Some((server, address))
}

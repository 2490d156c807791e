//! The app on a socket, until the process is told to stop.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt;
use thiserror::Error;
use tokio::signal::unix::{SignalKind, signal};

use crate::auth::Access;

/// How long requests that have begun may take once the process is told to stop.
const LAST_REQUESTS: Duration = Duration::from_secs(15);

/// Why a server cannot run.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The host is no address.
    #[error("--host {host}: neither an IP address nor `localhost`")]
    NotAnAddress {
        /// As given.
        host: String,
    },
    /// The system does not let us.
    #[error("the server cannot run on {address}")]
    Io {
        /// Where it listens.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
}

/// The address of a host.
pub fn address_of(host: &str) -> Result<IpAddr, ServeError> {
    match host {
        "localhost" => Ok(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        _ => host.parse().map_err(|_| ServeError::NotAnAddress { host: host.to_owned() }),
    }
}

/// What must be asked of requests to an address: what others than this machine reach is never open to everybody.
pub fn access_at(address: IpAddr) -> Access {
    if address.is_loopback() { Access::KeysIfAny } else { Access::KeysAlways }
}

/// Answers on `listener` until SIGINT or SIGTERM; requests that have begun by then are answered. Calls `on_ready` when
/// requests and signals are listened to.
pub fn serve(listener: TcpListener, app: Router, on_ready: impl FnOnce(SocketAddr)) -> Result<(), ServeError> {
    let nowhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    let address = listener.local_addr().map_err(|source| ServeError::Io { address: nowhere, source })?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|source| ServeError::Io { address, source })?;
    let run = async {
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        // An answer is one packet or two, and must not wait for the acknowledgement of the last.
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let told_to_stop = async move {
            tokio::select! {
                _ = interrupt.recv() => tracing::info!(signal = "SIGINT", "stopping"),
                _ = terminate.recv() => tracing::info!(signal = "SIGTERM", "stopping"),
            }
            let _ = stop.send(());
        };
        on_ready(address);
        let serving = axum::serve(listener, app).with_graceful_shutdown(told_to_stop).into_future();
        // A client that never ends its request must not keep the process.
        let too_late = async {
            let _ = stopped.await;
            tokio::time::sleep(LAST_REQUESTS).await;
        };
        tokio::select! {
            served = serving => served,
            () = too_late => {
                tracing::warn!("some requests did not end in time");
                Ok(())
            }
        }
    };
    let ended = runtime.block_on(run);
    runtime.shutdown_timeout(LAST_REQUESTS);
    ended.map_err(|source| ServeError::Io { address, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_may_go_without_keys() {
        for host in ["127.0.0.1", "127.3.2.1", "::1", "localhost"] {
            assert_eq!(access_at(address_of(host).unwrap()), Access::KeysIfAny, "{host}");
        }
        for host in ["0.0.0.0", "::", "192.168.1.5", "::ffff:10.0.0.1", "::ffff:127.0.0.1"] {
            assert_eq!(access_at(address_of(host).unwrap()), Access::KeysAlways, "{host}");
        }
        assert!(matches!(address_of("example.org"), Err(ServeError::NotAnAddress { .. })));
    }
}

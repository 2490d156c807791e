//! Where the database is, and how it is called where everybody may read it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use postgres::Config;
use postgres::config::{Host, SslMode};
use thiserror::Error;

/// How long to try to connect.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// After how much silence the other side is asked whether it is still there.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(10);
/// How long what was sent may stay without an answer of the network.
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(15);

/// Where a database is: `postgres://user:password@host:port/name`. What it displays has no password.
#[derive(Clone)]
pub struct Address {
    pub(crate) config: Config,
}

/// Why an address is none. It does not repeat what was given: there may be a password in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AddressError {
    /// Not of that form.
    #[error("the store's address must read like postgres://user:password@host:5432/name")]
    NotAnAddress,
    /// It wants an encrypted connection.
    #[error(
        "the store's address asks for TLS, which this program does not speak: reach the database over a private network or a \
         tunnel, and leave sslmode out"
    )]
    Tls,
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            return Err(AddressError::NotAnAddress);
        }
        let mut config: Config = text.parse().map_err(|_| AddressError::NotAnAddress)?;
        if config.get_hosts().is_empty() {
            return Err(AddressError::NotAnAddress);
        }
        if config.get_ssl_mode() == SslMode::Require {
            return Err(AddressError::Tls);
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        config.ssl_mode(SslMode::Disable);
        config.keepalives_idle(KEEPALIVE_IDLE).tcp_user_timeout(TCP_USER_TIMEOUT).application_name("whisperlite");
        Ok(Self { config })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "postgres://")?;
        for (n, host) in self.config.get_hosts().iter().enumerate() {
            let comma = if n > 0 { "," } else { "" };
            match host {
                Host::Unix(path) => write!(f, "{comma}{}", path.display())?,
                Host::Tcp(name) => {
                    write!(f, "{comma}{name}")?;
                    if let Some(port) = self.config.get_ports().get(n).or(self.config.get_ports().first()) {
                        write!(f, ":{port}")?;
                    }
                }
            }
        }
        write!(f, "/{}", self.config.get_dbname().unwrap_or_default())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_has_no_password() {
        let address: Address = "postgres://shop:s3cret@db.example:5433/films?password=s3cret".parse().unwrap();
        assert_eq!(address.to_string(), "postgres://db.example:5433/films");
        assert!(!format!("{address:?}").contains("s3cret"));
        let socket: Address = "postgresql://shop@%2Ftmp%2Fsockets/films".parse().unwrap();
        assert_eq!(socket.to_string(), "postgres:///tmp/sockets/films");
    }

    #[test]
    fn what_is_no_address_is_refused_without_repeating_it() {
        for text in ["", "films", "mysql://a:s3cret@b/c", "postgres://", "postgres://a:s3cret@b:port/c"] {
            let error = text.parse::<Address>().unwrap_err();
            assert!(!error.to_string().contains("s3cret"), "{error}");
        }
        let tls = "postgres://a:s3cret@b/c?sslmode=require".parse::<Address>().unwrap_err();
        assert_eq!(tls, AddressError::Tls);
    }
}

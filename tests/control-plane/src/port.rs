//! A loopback port that no other process can take before the server listens on it.

use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::{
    bind, getsockname, setsockopt, socket, sockopt::ReusePort, AddressFamily, SockFlag, SockType, SockaddrIn,
    SockaddrIn6, SockaddrStorage,
};

/// A port that is bound but not listened on: connections to it are refused until the server,
/// which must set `SO_REUSEPORT` too, listens on it.
#[derive(Debug)]
pub(crate) struct HeldPort {
    _socket: OwnedFd,
    pub(crate) address: SocketAddr,
}

impl HeldPort {
    pub(crate) fn take(host: IpAddr) -> Result<Self, Errno> {
        let family = if host.is_ipv6() {
            AddressFamily::Inet6
        } else {
            AddressFamily::Inet
        };
        let socket = socket(family, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
        setsockopt(&socket, ReusePort, &true)?;
        bind(socket.as_raw_fd(), &SockaddrStorage::from(SocketAddr::new(host, 0)))?;
        let port = if host.is_ipv6() {
            getsockname::<SockaddrIn6>(socket.as_raw_fd())?.port()
        } else {
            getsockname::<SockaddrIn>(socket.as_raw_fd())?.port()
        };
        Ok(Self {
            _socket: socket,
            address: SocketAddr::new(host, port),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, Ipv6Addr, TcpListener, TcpStream};

    #[test]
    fn a_held_port_refuses_connections_and_listeners_that_do_not_share() {
        for host in [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()] {
            let port = HeldPort::take(host).expect("a port");
            assert!(TcpStream::connect(port.address).is_err());
            assert!(TcpListener::bind(port.address).is_err());
        }
    }
}

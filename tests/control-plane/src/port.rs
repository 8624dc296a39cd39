//! A loopback port that no other process can take before the server listens on it.

use std::net::Ipv4Addr;
use std::os::fd::{AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::{
    bind, getsockname, setsockopt, socket, sockopt::ReusePort, AddressFamily, SockFlag, SockType, SockaddrIn,
};

/// A port that is bound but not listened on: connections to it are refused until the server,
/// which must set `SO_REUSEPORT` too, listens on it.
#[derive(Debug)]
pub(crate) struct HeldPort {
    _socket: OwnedFd,
    pub(crate) number: u16,
}

impl HeldPort {
    pub(crate) fn take() -> Result<Self, Errno> {
        let socket = socket(AddressFamily::Inet, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
        setsockopt(&socket, ReusePort, &true)?;
        let any_port = Ipv4Addr::LOCALHOST.octets();
        bind(
            socket.as_raw_fd(),
            &SockaddrIn::new(any_port[0], any_port[1], any_port[2], any_port[3], 0),
        )?;
        let number = getsockname::<SockaddrIn>(socket.as_raw_fd())?.port();
        Ok(Self {
            _socket: socket,
            number,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};

    #[test]
    fn a_held_port_refuses_connections_and_listeners_that_do_not_share() {
        let port = HeldPort::take().expect("a port");
        assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port.number)).is_err());
        assert!(TcpListener::bind((Ipv4Addr::LOCALHOST, port.number)).is_err());
    }
}

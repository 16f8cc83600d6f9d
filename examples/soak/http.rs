//! As much of HTTP/1.1 as a load needs.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// A connection that is kept from one request to the next.
pub(crate) struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    /// Whether the connection ends with it.
    pub(crate) is_last: bool,
}

impl Connection {
    /// Connects from an address of the loopback network.
    pub(crate) async fn open(to: SocketAddr, from: Ipv4Addr) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind((IpAddr::V4(from), 0).into())?;
        let stream = socket.connect(to).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: Vec::new() })
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    pub(crate) async fn answer(&mut self) -> io::Result<Answer> {
        loop {
            if let Some((answer, length)) = Answer::read(&self.received) {
                self.received.drain(..length);
                return Ok(answer);
            }
            if self.stream.read_buf(&mut self.received).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

impl Answer {
    /// The answer that a text begins with, and its length, if it is all there.
    fn read(text: &[u8]) -> Option<(Self, usize)> {
        let end = text.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
        let head = str::from_utf8(text.get(..end)?).ok()?.to_ascii_lowercase();
        let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let length = field("content-length:").and_then(|length| length.parse().ok()).unwrap_or(0);
        let answer = Self {
            status: head.split(' ').nth(1)?.parse().ok()?,
            body: text.get(end..end + length)?.to_vec(),
            is_last: field("connection:") == Some("close"),
        };
        Some((answer, end + length))
    }
}

/// A request with a body.
pub(crate) fn request(method: &str, path: &str, fields: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("{method} {path} HTTP/1.1\r\nhost: op.example\r\n{fields}content-length: {length}\r\n\r\n{body}")
        .into_bytes()
}

//! As much HTTP/1.1 as the client speaks to the server: keep-alive, both kinds of body, and
//! `Expect: 100-continue`.

use serde_json::Value;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;

/// One request as it came over the wire.
pub(super) struct Incoming {
    pub(super) method: String,
    /// Without the query.
    pub(super) path: String,
    pub(super) body: Value,
}

/// One answer; always sent with its length, so that the connection can be used again.
pub(super) struct Answer {
    pub(super) content_type: &'static str,
    pub(super) body: String,
}

/// Reads the next request; none when the client has closed the connection.
pub(super) fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Incoming>> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace();
    let method = words.next().unwrap_or_default().to_owned();
    let target = words.next().unwrap_or_default();
    let path = target.split('?').next().unwrap_or_default().to_owned();

    let (mut length, mut is_chunked, mut waits_for_continue) = (0, false, false);
    loop {
        let mut header = String::new();
        stream.read_line(&mut header)?;
        let Some((name, value)) = header.split_once(':') else {
            break;
        };
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().map_err(io::Error::other)?,
            "transfer-encoding" => is_chunked = value.eq_ignore_ascii_case("chunked"),
            "expect" => waits_for_continue = value.eq_ignore_ascii_case("100-continue"),
            _ => {}
        }
    }
    if waits_for_continue {
        stream.get_mut().write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    let body = if is_chunked {
        read_chunks(stream)?
    } else {
        read_exactly(stream, length)?
    };
    Ok(Some(Incoming {
        method,
        path,
        body: serde_json::from_slice(&body).unwrap_or_default(),
    }))
}

/// Sends an answer; to a HEAD request only its head.
pub(super) fn write(stream: &mut TcpStream, method: &str, answer: &Answer) -> io::Result<()> {
    let Answer { content_type, body } = answer;
    let length = body.len();
    let mut bytes =
        format!("HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\n\r\n");
    if method != "HEAD" {
        bytes.push_str(body);
    }
    stream.write_all(bytes.as_bytes())?;
    stream.flush()
}

fn read_exactly(stream: &mut impl Read, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn read_chunks(stream: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(io::Error::other)?;
        let chunk = read_exactly(stream, size + 2)?;
        body.extend_from_slice(&chunk[..size]);
        if size == 0 {
            return Ok(body);
        }
    }
}

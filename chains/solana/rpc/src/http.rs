//! HTTP/1.1, as little of it as a JSON-RPC client needs: one POST per connection.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use crate::Rpc;

/// Larger than any request that makes sense.
const MAX_BODY: u64 = 1 << 20;

/// Longer than any client of ours is silent.
const PATIENCE: Duration = Duration::from_secs(5);

/// Answers requests one after the other, for ever. `before` is called ahead of each.
///
/// # Errors
///
/// When the listener itself fails; a connection that fails is forgotten.
pub fn serve(
    listener: &TcpListener,
    rpc: &mut Rpc,
    mut before: impl FnMut(&mut Rpc),
) -> io::Result<()> {
    for connection in listener.incoming() {
        let connection = connection?;
        before(rpc);
        if let Err(error) = answer(&connection, rpc) {
            eprintln!("zegel-solana-rpc: a client got no answer: {error}");
        }
    }
    Ok(())
}

fn answer(mut connection: &TcpStream, rpc: &mut Rpc) -> io::Result<()> {
    connection.set_read_timeout(Some(PATIENCE))?;
    connection.set_write_timeout(Some(PATIENCE))?;
    let (status, body) = match read(connection)? {
        Some(body) => ("200 OK", rpc.answer(&body).to_string()),
        None => ("405 Method Not Allowed", String::new()),
    };
    write!(
        connection,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    )
}

/// The body of a POST; `None` for anything else.
fn read(connection: &TcpStream) -> io::Result<Option<Vec<u8>>> {
    let mut reader = BufReader::new(connection.take(MAX_BODY));
    let mut request = String::new();
    reader.read_line(&mut request)?;
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        let Some((name, value)) = header.split_once(':') else {
            break;
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().map_err(io::Error::other)?;
        } else if name.eq_ignore_ascii_case("expect") {
            let mut connection = connection;
            connection.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
    }
    if length > MAX_BODY {
        return Err(io::Error::other("the request is too long"));
    }
    let mut body = Vec::new();
    reader.take(length).read_to_end(&mut body)?;
    Ok(request.starts_with("POST ").then_some(body))
}

//! Key sets over TLS on the loopback interface, with a certificate that is made at the start.
//!
//! In a real deployment these are web servers of the directory and of whoever makes the software.

use std::collections::HashMap;
use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use openssl::asn1::Asn1Time;
use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::ssl::{SslAcceptor, SslMethod};
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509NameBuilder};
use serde_json::Value;

/// A running server. It ends with the process.
pub(crate) struct KeyServer {
    /// The port of 127.0.0.1 that it listens on.
    pub(crate) port: u16,
    /// What a client must trust to reach it.
    pub(crate) certificate: Vec<u8>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl KeyServer {
    /// Starts to serve documents at their paths.
    pub(crate) fn start<const N: usize>(
        documents: [(&'static str, Value); N],
    ) -> Result<Self, Box<dyn Error>> {
        let (certificate, key) = self_signed()?;
        let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls())?;
        acceptor.set_certificate(&certificate)?;
        acceptor.set_private_key(&key)?;
        let acceptor = acceptor.build();

        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (seen, documents) = (requests.clone(), HashMap::from(documents));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that hangs up is its own problem.
                let _ = answer(stream, &acceptor, &documents, &seen);
            }
        });
        Ok(Self { port, certificate: certificate.to_pem()?, requests })
    }

    /// The address of a document.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("https://127.0.0.1:{}{path}", self.port)
    }

    /// The request lines since the last call.
    pub(crate) fn take_requests(&self) -> Vec<String> {
        std::mem::take(&mut self.requests.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Answers one request and closes the connection.
fn answer(
    stream: TcpStream,
    acceptor: &SslAcceptor,
    documents: &HashMap<&'static str, Value>,
    seen: &Mutex<Vec<String>>,
) -> Result<(), Box<dyn Error>> {
    let mut stream = BufReader::new(acceptor.accept(stream)?);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 || line == "\r\n" {
            break;
        }
        lines.push(line.trim_end().to_owned());
    }
    let request = lines.into_iter().next().ok_or("a request without a first line")?;
    let path = request.split(' ').nth(1).unwrap_or_default();
    let (status, body) = match documents.get(path) {
        Some(document) => ("200 OK", document.to_string()),
        None => ("404 Not Found", "{}".to_owned()),
    };
    seen.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
    let length = body.len();
    let stream = stream.get_mut();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/jwk-set+json\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    )?;
    stream.shutdown()?;
    Ok(())
}

/// A certificate for 127.0.0.1 that signed itself, good for a day.
fn self_signed() -> Result<(X509, PKey<Private>), ErrorStack> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
    let key = PKey::from_ec_key(EcKey::generate(&group)?)?;
    let mut name = X509NameBuilder::new()?;
    name.append_entry_by_text("CN", "open_banking example")?;
    let name = name.build();
    let mut builder = X509::builder()?;
    // Version 3, which counts from 0.
    builder.set_version(2)?;
    builder.set_subject_name(&name)?;
    builder.set_issuer_name(&name)?;
    builder.set_pubkey(&key)?;
    let (today, tomorrow) = (Asn1Time::days_from_now(0)?, Asn1Time::days_from_now(1)?);
    builder.set_not_before(&today)?;
    builder.set_not_after(&tomorrow)?;
    builder.append_extension(BasicConstraints::new().critical().ca().build()?)?;
    let context = builder.x509v3_context(None, None);
    let addresses = SubjectAlternativeName::new().ip("127.0.0.1").build(&context)?;
    builder.append_extension(addresses)?;
    builder.sign(&key, MessageDigest::sha256())?;
    Ok((builder.build(), key))
}

//! An issuer of OAUTHBEARER tokens that answers over TLS or in plaintext. It shares no code with `src`.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// What it does with the next request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// Answers with this status and body.
    Answer(u16, String),
    /// Answers with this header and nothing that it promises.
    Raw(&'static str),
    /// Answers so many milliseconds later.
    Late(u64, String),
    /// Sends without an end.
    Endless,
}

impl Reply {
    /// A token that holds for so many seconds.
    pub(crate) fn token(token: &str, seconds: u64) -> Self {
        Self::Answer(
            200,
            format!("{{\"access_token\":\"{token}\",\"token_type\":\"Bearer\",\"expires_in\":{seconds}}}"),
        )
    }
}

/// An endpoint on 127.0.0.1; it ends with the runtime.
#[derive(Clone)]
pub(crate) struct TokenIssuer {
    pub(crate) port: u16,
    requests: Arc<Mutex<Vec<String>>>,
    replies: Arc<Mutex<VecDeque<Reply>>>,
}

impl TokenIssuer {
    /// One that answers with these replies; the last is repeated.
    pub(crate) async fn start(tls: Option<Arc<ServerConfig>>, replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("a bound socket").port();
        let endpoint =
            Self { port, requests: Arc::default(), replies: Arc::new(Mutex::new(replies.into_iter().collect())) };
        let serving = endpoint.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (serving, tls) = (serving.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serving.answer(stream).await,
                        Some(config) => match TlsAcceptor::from(config).accept(stream).await {
                            Ok(stream) => serving.answer(stream).await,
                            Err(_) => None,
                        },
                    }
                });
            }
        });
        endpoint
    }

    /// Requests so far, header and body.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("requests").clone()
    }

    /// What it does from now on.
    pub(crate) fn reply(&self, reply: Reply) {
        *self.replies.lock().expect("replies") = VecDeque::from([reply]);
    }

    async fn answer(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin) -> Option<()> {
        let mut request = Vec::new();
        loop {
            stream.read_buf(&mut request).await.ok().filter(|read| *read > 0)?;
            let text = String::from_utf8_lossy(&request);
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length =
                head.to_ascii_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                break;
            }
        }
        self.requests.lock().expect("requests").push(String::from_utf8_lossy(&request).into_owned());
        let reply = {
            let mut replies = self.replies.lock().expect("replies");
            if replies.len() > 1 { replies.pop_front() } else { replies.front().cloned() }
        };
        let answer = |status: u16, body: &str| {
            format!(
                "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            )
        };
        let text = match reply? {
            Reply::Answer(status, body) => answer(status, &body),
            Reply::Raw(text) => text.to_owned(),
            Reply::Late(ms, body) => {
                tokio::time::sleep(Duration::from_millis(ms)).await;
                answer(200, &body)
            }
            Reply::Endless => {
                stream.write_all(b"HTTP/1.1 200 x\r\ncontent-length: 100000000\r\n\r\n").await.ok()?;
                loop {
                    stream.write_all(&[b' '; 4096]).await.ok()?;
                }
            }
        };
        stream.write_all(text.as_bytes()).await.ok()?;
        stream.flush().await.ok()?;
        stream.shutdown().await.ok()
    }
}

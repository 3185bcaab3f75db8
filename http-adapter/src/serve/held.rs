//! A socket that holds its places.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use home::Slot;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::OwnedSemaphorePermit,
    time::{Sleep, sleep},
};

/// A socket with the places that it takes: they are free when it is closed, whoever has it by then. HTTP hands its
/// sockets on when they become WebSockets, so a place held beside the socket would be free too early.
///
/// Reading fails if the first [`FIRST`] bytes do not come in time: HTTP libraries count the time of a head from its first
/// byte at the earliest.
#[derive(Debug)]
pub(super) struct Held<S> {
    socket: S,
    patience: Option<(Pin<Box<Sleep>>, usize)>,
    _places: (OwnedSemaphorePermit, Option<Slot>),
}

/// How many bytes must come in time: as many as HTTP/2 begins with. No useful request of HTTP/1.1 is shorter.
const FIRST: usize = 24;

impl<S> Held<S> {
    pub(super) fn new(socket: S, places: (OwnedSemaphorePermit, Option<Slot>), first_within: Duration) -> Self {
        Self { socket, patience: Some((Box::pin(sleep(first_within)), FIRST)), _places: places }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Held<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buffer.filled().len();
        let Some((patience, missing)) = &mut this.patience else {
            return Pin::new(&mut this.socket).poll_read(context, buffer);
        };
        if let Poll::Ready(read) = Pin::new(&mut this.socket).poll_read(context, buffer) {
            *missing = missing.saturating_sub(buffer.filled().len() - before);
            if *missing == 0 {
                this.patience = None;
            }
            return Poll::Ready(read);
        }
        ready!(patience.as_mut().poll(context));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "nothing was asked in time")))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Held<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }
}

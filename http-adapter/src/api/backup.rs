//! A copy of everything, for the owner.

use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::Response,
};
use bytes::Bytes;
use futures_util::stream;
use home::CreateBackup;
use tokio::{fs::File, io::AsyncReadExt};

use crate::{
    reply::{account_error, internal},
    request::Request,
};

/// Sends the database as it is at this moment. Every secret of the home is in it.
pub(crate) async fn create(request: Request) -> Result<Response, Response> {
    let asked = request.authorize(CreateBackup {})?;
    let file = request.app.home.create_backup(asked).await.map_err(|error| account_error(&error))?;
    let file = File::from_std(file);
    let length = file.metadata().await.map_err(|error| internal(&error))?.len();
    let mut response = Response::new(Body::from_stream(stream::unfold(file, piece)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    Ok(response)
}

async fn piece(mut file: File) -> Option<(std::io::Result<Bytes>, File)> {
    let mut piece = vec![0; 64 << 10];
    match file.read(&mut piece).await {
        Ok(0) => None,
        Ok(n) => {
            piece.truncate(n);
            Some((Ok(piece.into()), file))
        }
        Err(error) => Some((Err(error), file)),
    }
}

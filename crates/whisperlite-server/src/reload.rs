//! A model takes the place of another while the server answers.
//!
//! The new engine is made beside the old one, which answers until the new one is ready and stays if it cannot be made. Requests end
//! with the engine that they began with.

use std::error::Error;
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;

use tokio::signal::unix::{SignalKind, signal};

use crate::generation::Prepared;
use crate::problem::{Code, Problem};
use crate::shop::Shop;
use crate::writer::chain;

/// Why an engine could not be made.
pub type BoxError = Box<dyn Error + Send + Sync>;

type Make = dyn Fn() -> Result<Prepared, BoxError> + Send + Sync;

/// How an engine is made anew, and that it is one at a time.
#[derive(Default)]
pub(crate) struct Reload {
    make: Option<Arc<Make>>,
    at_work: tokio::sync::Mutex<()>,
}

impl Reload {
    pub(crate) fn by(make: impl Fn() -> Result<Prepared, BoxError> + Send + Sync + 'static) -> Self {
        Self { make: Some(Arc::new(make)), ..Self::default() }
    }
}

impl Shop {
    /// Makes an engine from what the store holds now, and puts it in service; says what its model is called.
    pub(crate) async fn reload(&self) -> Result<String, Problem> {
        let make = self.reload.make.as_ref().map(Arc::clone);
        let make =
            make.ok_or_else(|| Problem::new(Code::ModelNotLoaded, "this server was started without a way to reload"))?;
        let _at_work = self.reload.at_work.lock().await;
        let made = tokio::task::spawn_blocking(move || make()).await.map_err(|error| Problem::internal(&error))?;
        let prepared = made.map_err(|error| {
            let why = chain(&*error);
            tracing::error!(error = why, "the new model cannot be used, the one before stays");
            Problem::new(
                Code::ModelNotLoaded,
                format!("the model in service stays, because the new one cannot be used: {why}"),
            )
        })?;
        let model_version = prepared.model_version.clone();
        self.replace(prepared).await?;
        tracing::info!(model_version, "a model is in service");
        if let Err(error) = self.keep_image() {
            tracing::warn!(error = chain(&error), "the engine's image cannot be written: there is no thread for it");
        }
        Ok(model_version)
    }
}

/// Reloads the model whenever the process gets SIGHUP, for as long as the shop is there.
///
/// # Errors
/// If the system does not give a thread.
pub fn reload_on_hangup(shop: &Arc<Shop>) -> std::io::Result<JoinHandle<()>> {
    let shop: Weak<Shop> = Arc::downgrade(shop);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut hangup = runtime.block_on(async { signal(SignalKind::hangup()) })?;
    std::thread::Builder::new().name("hangup".to_owned()).spawn(move || {
        runtime.block_on(async {
            while hangup.recv().await.is_some() {
                let Some(shop) = shop.upgrade() else { return };
                // What went wrong is in the log.
                let _ = shop.reload().await;
            }
        });
    })
}

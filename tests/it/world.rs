//! That the harness works.
use tests::{TestApp, stories};

stories! {
    async fn the_program_starts(app: TestApp) {
        let _ = app.citizen("29827200059").await;
        app.deliver_all().await;
        assert!(app.place().row_counts()["person"] >= 14);
    }
}

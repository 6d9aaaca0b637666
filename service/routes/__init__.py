"""One file per family of URLs."""

from service.routes import (
    chat,
    datasets,
    deployments,
    files,
    fine_tuning,
    fine_tuning_beforehand,
    fine_tuning_parts,
    health,
    models,
    recommendation_events,
    recommendation_reports,
    recommendations,
)

ROUTERS = (
    health.router,
    models.router,
    chat.router,
    files.router,
    datasets.router,
    recommendations.router,
    recommendation_events.router,
    recommendation_reports.router,
    deployments.router,
    fine_tuning.router,
    fine_tuning_parts.router,
    fine_tuning_beforehand.router,
)

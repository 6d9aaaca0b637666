"""One file per family of URLs."""

from service.routes import (
    chat,
    datasets,
    deployments,
    files,
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
)

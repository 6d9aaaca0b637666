"""One file per family of URLs."""

from service.routes import (
    chat,
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
    recommendations.router,
    recommendation_events.router,
    recommendation_reports.router,
    deployments.router,
)

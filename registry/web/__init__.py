"""The web: one application made of the rooms' routers, its pages, its live stream and its guards."""

"""The page: one HTML document, its ES modules and its style, and the route that serves them.

The page holds no data and is open to everybody; the API calls that it makes carry the user. It imports nothing of the
app.
"""

from dashboard import routes

blueprints = [routes.blueprint]

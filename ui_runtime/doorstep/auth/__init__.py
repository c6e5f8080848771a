"""Who may use an app: names and passwords, or whatever the app it is mounted into says."""

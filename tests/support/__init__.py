"""What tests share: engines, a mail server, a worker, a browser."""

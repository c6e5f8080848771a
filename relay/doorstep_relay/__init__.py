"""The relay: hands out public names and carries visitors to the shares behind them."""

__version__ = "0.1.0"

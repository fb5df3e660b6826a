"""The Consumption page: what the organisation spends and does, month by month."""

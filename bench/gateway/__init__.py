"""What a turn costs on top of its model: Verax with receipts beside the LiteLLM proxy, one run, one upstream."""

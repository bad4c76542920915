"""The closer look: two models brought into one basis and judged on whole matrices."""

"""Hosts over SSH: what is there, and what is made so, by Ansible."""

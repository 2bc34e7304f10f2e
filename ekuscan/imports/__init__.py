"""What already describes an estate, read into boxes and connections, and written into a targets file."""

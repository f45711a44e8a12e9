"""Lists of people as offices keep them, read with mistrust: CSV and XLSX to a preview."""

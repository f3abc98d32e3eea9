"""Parts of the site, one file each: the form on top, the routes below."""

onload=()=>document.head.append(Object.assign(document.createElement("script"),{src:"htmx.js"}))

onload=()=>{let s=document.createElement("script");s.src="htmx.js";document.head.append(s)}
